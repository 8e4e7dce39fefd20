import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { manifestVersion, type Manifest } from "@ebpf-platform/lib/bpf-manifest";
import { runBuild } from "../../../components/bpf/build-script";
import { projectRoot } from "../../../components/project-root";
import { buildObject } from "../support/objects";

const root = projectRoot();

/** The loader with fault points, built once for each content. */
export function buildFaultyLoader(): string {
  const script = join(root, "bpf", "loader", "build.sh");
  return runBuild({
    script,
    what: "the loader with fault points",
    inputs: ["--inputs"],
    compiler: ["--compiler"],
    build: (output) => ["--faults", output],
    salt: ["--faults"],
  }).path;
}

/** What the loader printed, whatever it was. */
export type Answer = Record<string, unknown> & {
  error?: { what: string; cause: string; remedy: string } & Record<string, unknown>;
};

export interface Facts {
  version: string | null;
  previous: string | null;
  targets: {
    attached: boolean;
    ours: boolean;
    mode: string | null;
    inChain: boolean;
    slots: number[];
    linkId: number;
    program: { id: number; name: string; verifiedInsns: number; jitedBytes: number; mapIds: number[] } | null;
  }[];
  maps: Record<string, { id: number; maxEntries: number }>;
  pins: string[];
  problems: { kind: string; detail: string }[];
}

/** A node of the loader in namespaces of its own: bpffs, /run, /var/lib and an interface host0 with a peer. */
export class PrivateNode {
  private constructor(
    private readonly process: ChildProcess,
    private readonly pid: string,
    readonly peerPid: string,
    private readonly loader: string,
  ) {}

  static async start(loader: string): Promise<PrivateNode> {
    const script = join(root, "test", "bpf", "loader", "private-node.sh");
    const child = spawn("unshare", ["-mn", script], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as [unknown];
    const [ready, pid, peer] = String(line).split(" ");
    if (ready !== "ready" || pid === undefined || peer === undefined) {
      throw new Error(`test/bpf/loader/private-node.sh ended before it was ready (${String(line)}).`);
    }
    const inside = "/run/ebpf-loader";
    copyFileSync(loader, `/proc/${pid}/root${inside}`);
    chmodSync(`/proc/${pid}/root${inside}`, 0o755);
    return new PrivateNode(child, pid, peer, inside);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    this.process.stdin?.end();
    await once(this.process, "exit");
  }

  /** The node's own root folder, as this process sees it. */
  get root(): string {
    return `/proc/${this.pid}/root`;
  }

  /** Words that run a command inside; where: the node itself, or the other end of its interface. */
  words(command: readonly string[], where: "node" | "peer" = "node"): [string, string[]] {
    const enter = where === "node" ? ["-t", this.pid, "-m", "-n"] : ["-t", this.peerPid, "-n"];
    return ["nsenter", [...enter, "--", ...command]];
  }

  /** Runs a command inside; throws when it fails. */
  run(...command: string[]): string {
    return this.host(...this.words(command));
  }

  /** Runs the words of a command, inside or at the other end. */
  host(program: string, args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 30_000 });
    if (status !== 0) throw new Error(`${args.join(" ")} ended with ${String(status)}: ${stderr}`);
    return stdout;
  }

  /** Runs a verb of the loader; its answer or its error, and how it ended. */
  verb(
    words: readonly string[],
    environment: Record<string, string> = {},
  ): { answer: Answer; signal: string | null } {
    const [program, args] = this.words([this.loader, ...words]);
    const { stdout, signal, status, stderr } = spawnSync(program, args, {
      encoding: "utf8",
      timeout: 60_000,
      env: { ...process.env, ...environment },
    });
    // nsenter ends as its child did.
    if (signal !== null || status === 137) return { answer: {}, signal: signal ?? "SIGKILL" };
    if (stdout === "") throw new Error(`ebpf-loader ${words.join(" ")} printed nothing: ${stderr}`);
    return { answer: JSON.parse(stdout) as Answer, signal: null };
  }

  /** The same, and the verb must succeed. */
  must(...words: string[]): Answer {
    const { answer } = this.verb(words);
    if (answer.error) throw new Error(JSON.stringify(answer.error));
    return answer;
  }

  facts(name: string): Facts {
    const { programs } = this.must("observe", name) as unknown as { programs: Facts[] };
    const [found] = programs;
    if (!found) throw new Error(`observe ${name} answered no program`);
    return found;
  }

  /** Puts object and manifest of a version where the loader expects them; returns the folder. */
  put(program: TestProgram): string {
    const object = readFileSync(buildObject(program.source ?? COUNTER, program.flags));
    const objectSha256 = createHash("sha256").update(object).digest("hex");
    const name = program.name ?? "alpha";
    const programs = program.programs ?? [
      {
        function: "counter",
        attach: {
          hook: "xdp" as const,
          interface: program.interface ?? "host0",
          slot: program.slot ?? 1,
          mode: program.mode ?? ("native" as const),
        },
      },
    ];
    const constants = program.constants ?? {};
    const manifest: Manifest = {
      schema: 1,
      name,
      version: manifestVersion(objectSha256, programs, constants),
      objectSha256: program.sha256 ?? objectSha256,
      programs,
      constants,
      maps: program.maps ?? {},
      takeover: program.takeover ?? false,
      healthSeconds: 0,
      smoke: program.smoke ?? [],
    };
    const folder = `/var/lib/ebpf-platform/bpf/${name}/${manifest.version}`;
    const inside = `${this.root}${folder}`;
    mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, "prog.bpf.o"), object);
    writeFileSync(join(inside, "manifest.json"), JSON.stringify(manifest));
    return folder;
  }

  /** Puts a version and applies it. */
  apply(program: TestProgram = {}): Answer {
    return this.verb(["apply", this.put(program)]).answer;
  }

  /** Everything the loader could have left, one path a line. */
  leftovers(): string[] {
    return this.run(
      "sh",
      "-c",
      "find /sys/fs/bpf/ebpf-platform /var/lib/ebpf-platform /run/ebpf-platform 2>/dev/null; true",
    )
      .split("\n")
      .filter((path) => path !== "");
  }

  /** Id of the XDP program on host0; 0 without. */
  attachedId(): number {
    const [link] = JSON.parse(this.run("ip", "-j", "-d", "link", "show", "host0")) as {
      xdp?: { prog?: { id: number } };
    }[];
    return link?.xdp?.prog?.id ?? 0;
  }
}

export const COUNTER = "test/bpf/loader/fixtures/counter.bpf.c";
export const HOOKS = "test/bpf/loader/fixtures/hooks.bpf.c";
export const STRANGER = "test/bpf/loader/fixtures/stranger.bpf.c";

export interface TestProgram {
  readonly name?: string;
  readonly source?: string;
  readonly flags?: readonly string[];
  readonly interface?: string;
  readonly slot?: number;
  readonly mode?: "native" | "generic" | "auto";
  readonly programs?: Manifest["programs"];
  readonly constants?: Manifest["constants"];
  readonly maps?: Manifest["maps"];
  readonly takeover?: boolean;
  readonly smoke?: Manifest["smoke"];
  /** A hash that the object does not have. */
  readonly sha256?: string;
}
