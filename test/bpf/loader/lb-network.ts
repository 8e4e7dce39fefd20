import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { encodeLbMaps, type LbVip } from "@ebpf-platform/lib/lb-maps";
import type { LbNumbers } from "@ebpf-platform/lib/lb-numbers";
import { projectRoot } from "../../../components/project-root";
import { buildObject, buildTraffic } from "../support/objects";
import type { PrivateNode } from "./private-node";

const root = projectRoot();
const here = join(root, "test", "bpf", "loader");
const PROGRAM = "lb";

/** What `traffic load` prints. Times in microseconds. */
export interface LoadReport {
  readonly asked: number;
  readonly answered: number;
  readonly lost: number;
  /** Answers of a backend that saw another client's address than ours. */
  readonly strangers: number;
  /** Segments that TCP had to send again. */
  readonly repeats: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly names: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
}

/** What `traffic hold` prints for each round of requests on its connections. */
export interface HoldReport {
  readonly broken: number;
  /** Connections that another backend answers than before. */
  readonly moved: number;
  readonly names: Readonly<Record<string, number>>;
}

/** A client of `traffic` that runs until it is told to stop. */
export class RunningTraffic {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: Interface,
  ) {}

  static async start(command: string, args: readonly string[]): Promise<RunningTraffic> {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as [unknown];
    if (line !== "ready") throw new Error(`traffic ended before it was ready (${String(line)})`);
    return new RunningTraffic(child, lines);
  }

  /** Ends a load; what became of all its requests. */
  async finish(): Promise<LoadReport> {
    const line = once(this.lines, "line");
    this.child.stdin?.end();
    return JSON.parse(String((await line)[0])) as LoadReport;
  }

  /** One more request on each held connection. */
  async ask(): Promise<HoldReport> {
    const line = Promise.race([once(this.lines, "line"), once(this.child, "exit")]);
    this.child.stdin?.write("ask\n");
    return JSON.parse(String((await line)[0])) as HoldReport;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.stdin?.end();
    await ended;
  }
}

/** Client and backends on a bridge behind the private node, which balances between them: lb-network.sh. */
export class LbNetwork {
  private readonly running: RunningTraffic[] = [];
  private numbers: LbNumbers | undefined;
  /** Folders of the builds on the node, the next one first. */
  private builds: readonly { readonly folder: string; readonly kept: string }[] | undefined;

  private constructor(
    private readonly node: PrivateNode,
    private readonly process: ChildProcess,
    private readonly pids: ReadonlyMap<string, string>,
    private readonly traffic: string,
  ) {}

  /** @param machines names with the last number of their address */
  static async start(node: PrivateNode, machines: Readonly<Record<string, number>>): Promise<LbNetwork> {
    const words = Object.entries(machines).map(([name, host]) => `${name}:${String(host)}`);
    const receiver = buildObject("xdp_pass");
    const [command, args] = node.words([join(here, "lb-network.sh"), receiver, ...words], "peer");
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, "line"), once(child, "exit")])) as [unknown];
    const [ready, ...pids] = String(line).split(" ");
    if (ready !== "ready") throw new Error(`lb-network.sh ended before it was ready (${String(line)})`);
    node.run("ip", "address", "add", "2001:2:0:77::1/64", "dev", "host0", "nodad");
    node.run("ethtool", "-K", "host0", "tx", "off", "tso", "off", "gso", "off");
    return new LbNetwork(
      node,
      child,
      new Map(Object.keys(machines).map((name, index) => [name, pids[index] ?? ""])),
      buildTraffic(),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map((one) => one.stop()));
    if (this.process.exitCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.stdin?.end();
    await ended;
  }

  /** Runs a command on a machine; throws when it fails. */
  run(machine: string, ...command: string[]): string {
    const [program, args] = this.words(machine, command);
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 30_000 });
    if (status !== 0)
      throw new Error(`${command.join(" ")} on ${machine} ended with ${String(status)}: ${stderr}`);
    return stdout;
  }

  private words(machine: string, command: readonly string[]): [string, string[]] {
    const pid = this.pids.get(machine);
    if (pid === undefined) throw new Error(`there is no machine ${machine}`);
    return ["nsenter", ["-t", pid, "-n", "--", ...command]];
  }

  private async start(machine: string, ...words: string[]): Promise<RunningTraffic> {
    const started = await RunningTraffic.start(...this.words(machine, [this.traffic, ...words]));
    this.running.push(started);
    return started;
  }

  /** An HTTP server that answers with the machine's name. */
  async serve(machine: string, port: number, ...addresses: string[]): Promise<void> {
    await this.start(machine, "serve", machine, String(port), ...addresses);
  }

  /** Requests of `client`, each on a new connection, so many at a time, until it is told to stop. */
  load(address: string, connections: number): Promise<RunningTraffic> {
    return this.start("client", "load", address, "80", String(connections), "0");
  }

  /** The same for so many requests. */
  async requests(address: string, count: number, connections = 16, port = 80): Promise<LoadReport> {
    const words = [this.traffic, "load", address, String(port), String(connections), String(count)];
    const [program, args] = this.words("client", words);
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await once(child, "close");
    return JSON.parse(said.split("\n")[1] ?? "") as LoadReport;
  }

  /** Connections of `client` that stay open. */
  hold(address: string, connections: number): Promise<RunningTraffic> {
    return this.start("client", "hold", address, "80", String(connections));
  }

  /** Loads the balancer, or swaps it for the other of two builds whose bytes differ and whose behaviour does not. */
  swapProgram(): void {
    const attach = { hook: "xdp", interface: "host0", slot: 1, mode: "native" } as const;
    this.builds ??= [[], ["-D_license=_other"]].map((flags) => {
      const programs = [{ function: "xdp_lb", attach }];
      const folder = this.node.put({ name: PROGRAM, source: "bpf/xdp_lb.bpf.c", flags, programs });
      // The node sweeps versions that are neither current nor previous.
      const kept = `${this.node.root}/run/${basename(folder)}`;
      cpSync(`${this.node.root}${folder}`, kept, { recursive: true });
      return { folder, kept };
    });
    const [next, ...others] = this.builds;
    if (!next) throw new Error("there is no build of the balancer");
    this.builds = [...others, next];
    cpSync(next.kept, `${this.node.root}${next.folder}`, { recursive: true });
    this.node.must("apply", next.folder);
  }

  /** Writes the maps for these VIPs as the resource does, and lets the node answer for them on the wire. */
  balance(vips: readonly LbVip[]): void {
    const { files, numbers } = encodeLbMaps(
      vips,
      { tunnel4: "198.18.77.1", tunnel6: "2001:2:0:77::1" },
      this.numbers,
    );
    this.numbers = numbers;
    const words = [...files].flatMap(([map, bytes]) => {
      writeFileSync(`${this.node.root}/run/${map}`, bytes);
      return [map, `/run/${map}`];
    });
    this.node.must("map", "put", PROGRAM, ...words);
    for (const { address } of vips)
      this.node.run("ip", "address", "replace", hostRange(address), "dev", "host0", ...nodad(address));
  }

  /** Lets a machine hold an address that it does not answer for on the wire. */
  holdAddress(machine: string, address: string): void {
    this.run(machine, "ip", "address", "replace", hostRange(address), "dev", "lo", ...nodad(address));
  }

  /** Lets a machine take outer headers off, as a tunnel device does. */
  decapsulate(machine: string): void {
    const object = buildObject("test/bpf/loader/fixtures/decapsulate.bpf.c");
    const attach = ["ip", "link", "set", "dev", "eth0", "xdpdrv", "object", object, "section", "xdp"];
    this.run(machine, "unshare", "--mount", "--propagation", "private", ...attach);
  }
}

function hostRange(address: string): string {
  return `${address}/${address.includes(":") ? "128" : "32"}`;
}

function nodad(address: string): string[] {
  return address.includes(":") ? ["nodad"] : [];
}
