import { createInterface } from "node:readline";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildRunner } from "./objects";
import { runnerPlace, type RunnerPlace, type RunnerProcess } from "./runner-place";

/** XDP verdicts, as in linux/bpf.h. */
export const XDP = { ABORTED: 0, DROP: 1, PASS: 2, TX: 3, REDIRECT: 4 } as const;

export interface RunResult {
  readonly verdict: number;
  readonly packet: Buffer;
}

export interface ProgramInfo {
  readonly name: string;
  /** Instructions the verifier walked. */
  readonly verified: number;
  /** Instructions of the program after the verifier's rewrites. */
  readonly instructions: number;
  /** Bytes of machine code. */
  readonly jited: number;
  readonly maps: Readonly<Record<string, { type: string; key: number; value: number; entries: number }>>;
}

export interface RunnerOptions {
  /** Other sizes for maps, by name. */
  readonly maxEntries?: Readonly<Record<string, number>>;
}

/** An object file, and constants to set before it is loaded. */
export interface ObjectSpec {
  readonly path: string;
  readonly constants?: Readonly<Record<string, number>>;
}

type Reply = Readonly<Record<string, unknown>>;

/** The packet runner (test/bpf/runner): loads objects into the kernel and runs packets and map commands in order. */
export class BpfRunner {
  private readonly waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "ebpf-platform-runner-"));
  private errors = "";
  private files = 0;

  private constructor(
    private readonly child: RunnerProcess,
    private readonly place: RunnerPlace,
  ) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.waiting.shift()?.resolve(JSON.parse(line) as Reply);
    });
    child.stderr.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
    child.onEnd((code) => {
      const error = new Error(`The packet runner ended with ${String(code)}:\n${this.errors}`);
      for (const { reject } of this.waiting.splice(0)) reject(error);
    });
  }

  /** Loads the objects; rejects with the kernel's own words when it refuses one. */
  static async start(objects: readonly ObjectSpec[], options: RunnerOptions = {}): Promise<BpfRunner> {
    const sizes = Object.entries(options.maxEntries ?? {}).flatMap(([map, size]) => ["-m", `${map}=${size}`]);
    const place = runnerPlace();
    const specs: string[] = [];
    for (const { path, constants = {} } of objects) {
      const values = Object.entries(constants).map(([name, value]) => `${name}=${value}`);
      specs.push([await place.file(path), ...values].join(","));
    }
    const command = await place.file(buildRunner());
    const runner = new BpfRunner(await place.start(command, [...sizes, ...specs]), place);
    try {
      await runner.next();
    } catch (error) {
      rmSync(runner.folder, { recursive: true });
      throw error;
    }
    return runner;
  }

  private next(): Promise<Reply> {
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  private async ask(...words: (string | number)[]): Promise<Reply> {
    const [reply] = await this.askAll([words.join(" ")]);
    return reply!;
  }

  private async askAll(commands: readonly string[]): Promise<Reply[]> {
    const replies = commands.map(() => this.next());
    // The empty line makes the runner send what it has.
    this.child.stdin.write(`${commands.join("\n")}\n\n`);
    const all = await Promise.all(replies);
    all.forEach((reply, index) => {
      if (typeof reply.error === "string") {
        throw new Error(`${reply.error} (command: ${commands[index]!.slice(0, 200)})`);
      }
    });
    return all;
  }

  async run(packet: Buffer, object = 0): Promise<RunResult> {
    const [result] = await this.runAll([packet], object);
    return result!;
  }

  /** Runs many packets one after the other, in one exchange. */
  async runAll(packets: readonly Buffer[], object = 0): Promise<RunResult[]> {
    const replies = await this.askAll(packets.map((packet) => `run ${object} ${packet.toString("hex")}`));
    return replies.map((reply) => ({
      verdict: reply.verdict as number,
      packet: Buffer.from(reply.packet as string, "hex"),
    }));
  }

  /** Runs a program `repeat` times on one packet; CPU time of the thread in nanoseconds for all of them. */
  async bench(
    packet: Buffer,
    repeat: number,
    object: number,
  ): Promise<{ ns: number; verdict: number; size: number }> {
    const { ns, verdict, size } = await this.ask("bench", object, repeat, packet.toString("hex"));
    return { ns: ns as number, verdict: verdict as number, size: size as number };
  }

  async put(map: string, key: Buffer, value: Buffer, object = 0): Promise<void> {
    await this.ask("put", object, map, key.toString("hex"), value.toString("hex"));
  }

  /** Writes records in the format of `ebpf-loader map put`. */
  async putFile(map: string, records: Buffer, object = 0): Promise<void> {
    const path = join(this.folder, `${map}-${(this.files += 1)}.bin`);
    writeFileSync(path, records);
    await this.ask("file", object, map, await this.place.file(path));
    rmSync(path);
  }

  async delete(map: string, key: Buffer, object = 0): Promise<void> {
    await this.ask("delete", object, map, key.toString("hex"));
  }

  /** The value under a key, one for each CPU in per-CPU maps; empty when the key is absent. */
  async get(map: string, key: Buffer, object = 0): Promise<Buffer[]> {
    const { values } = await this.ask("get", object, map, key.toString("hex"));
    return (values as string[]).map((value) => Buffer.from(value, "hex"));
  }

  /** A counter of a per-CPU array, summed over the CPUs: the 64-bit word at `offset` of entry `index`. */
  async count(map: string, index: number, offset = 0, object = 0): Promise<number> {
    const key = Buffer.alloc(4);
    key.writeUInt32LE(index);
    const values = await this.get(map, key, object);
    return values.reduce((sum, value) => sum + Number(value.readBigUInt64LE(offset)), 0);
  }

  async dump(map: string, object = 0): Promise<[Buffer, Buffer][]> {
    const { entries } = await this.ask("dump", object, map);
    return (entries as [string, string][]).map(([key, value]) => [
      Buffer.from(key, "hex"),
      Buffer.from(value, "hex"),
    ]);
  }

  /** What a ring buffer holds, oldest first; it is empty afterwards. */
  async events(map: string, object = 0): Promise<Buffer[]> {
    const { events } = await this.ask("events", object, map);
    return (events as string[]).map((event) => Buffer.from(event, "hex"));
  }

  async clear(...maps: string[]): Promise<void> {
    await this.askAll(maps.map((map) => `clear 0 ${map}`));
  }

  /** Puts an object's program into a slot of the chain; undefined empties it. */
  async slot(slot: number, object: number | undefined): Promise<void> {
    await this.ask("slot", slot, object ?? -1);
  }

  async useCpu(cpu: number): Promise<void> {
    await this.ask("cpu", cpu);
  }

  async info(object = 0): Promise<ProgramInfo> {
    return (await this.ask("info", object)) as unknown as ProgramInfo;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.child.onEnd(() => resolve());
      this.child.stdin.end();
    });
    rmSync(this.folder, { recursive: true, force: true });
  }
}
