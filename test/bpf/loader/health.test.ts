import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { encodeLbMaps } from "@ebpf-platform/lib/lb-maps";
import { RING_SIZE } from "@ebpf-platform/lib/maglev";
import { pollUntil } from "../../../components/node/poll";
import { projectRoot } from "../../../components/project-root";
import { requireBpf } from "../support/objects";
import { buildFaultyLoader, PrivateNode } from "./private-node";

const SERVERS = join(projectRoot(), "test", "bpf", "loader", "health-servers.cjs");
const VIP = { address: "198.18.77.100", port: 80, protocol: "tcp", mode: "dsr-l2" } as const;
const PORT = 8080;
const BACKENDS = [1, 2, 3].map((n) => ({
  name: `b${n}`,
  address: `127.0.0.${n}`,
  mac: `02:00:00:00:01:0${n}`,
  weight: 1,
}));
/** Far above what a loaded machine needs for a few checks of 50 ms. */
const SOON_MS = 20_000;
const NO_REAL = 0xffff;

describe("ebpf-loader health", function () {
  this.timeout(60_000);
  let node: PrivateNode;
  let servers: ChildProcess;
  let acknowledged: Interface;
  let checks: ChildProcess | undefined;
  let said = "";
  let ring: number[];
  let reals: number[];

  before(function () {
    requireBpf(this);
    buildFaultyLoader();
  });
  beforeEach(async () => {
    node = await PrivateNode.start(buildFaultyLoader());
    const attach = { hook: "xdp", interface: "host0", slot: 1, mode: "native" } as const;
    node.must(
      "apply",
      node.put({ name: "lb", source: "bpf/xdp_lb.bpf.c", programs: [{ function: "xdp_lb", attach }] }),
    );
    const { files, numbers } = encodeLbMaps([{ ...VIP, backends: BACKENDS }]);
    const words = [...files]
      .filter(([, bytes]) => bytes.length > 0)
      .flatMap(([map, bytes]) => {
        writeFileSync(`${node.root}/run/${map}`, bytes);
        return [map, `/run/${map}`];
      });
    node.must("map", "put", "lb", ...words);
    ring = slots((files.get("rings") ?? Buffer.alloc(0)).subarray(12));
    reals = BACKENDS.map(({ name }) =>
      numbers.reals.findIndex(({ backend }) => backend?.endsWith(` ${name}`)),
    );
    const [server, serverArgs] = node.words([
      process.execPath,
      SERVERS,
      String(PORT),
      ...BACKENDS.map(({ address }) => address),
    ]);
    servers = spawn(server, serverArgs, { stdio: ["pipe", "pipe", "inherit"] });
    if (!servers.stdout) throw new Error("The servers have no standard output.");
    acknowledged = createInterface({ input: servers.stdout });
    await once(acknowledged, "line");
  });
  afterEach(async () => {
    await stop();
    await stopServers();
    await node.stop();
  });

  const slots = (bytes: Buffer): number[] =>
    Array.from({ length: RING_SIZE }, (_, slot) => bytes.readUInt16LE(2 * slot));

  function start(changes: { http?: boolean } = {}): void {
    const backends = BACKENDS.map(({ name, address }, index) => ({
      ...{ name, real: reals[index], address, port: PORT },
      ...(changes.http === false ? {} : { http: { path: "/healthz", host: "lb.example" } }),
    }));
    const vip = { vip: "v", ring: 0, intervalMs: 50, timeoutMs: 40, rise: 2, fall: 3, backends };
    writeFileSync(`${node.root}/run/health.json`, JSON.stringify({ program: "lb", vips: [vip] }));
    const [program, args] = node.words(["/run/ebpf-loader", "health", "/run/health.json"]);
    said = "";
    checks = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    checks.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  }

  async function stop(): Promise<void> {
    if (checks?.exitCode !== null) return;
    const ended = once(checks, "exit");
    // nsenter becomes the command it runs.
    checks.kill("SIGTERM");
    await ended;
    assert.equal(checks.exitCode, 0, said);
  }

  async function stopServers(): Promise<void> {
    if (servers.exitCode !== null) return;
    const ended = once(servers, "exit");
    servers.stdin?.end();
    await ended;
  }

  async function answer(backend: string, what: string): Promise<void> {
    const done = once(acknowledged, "line");
    servers.stdin?.write(`127.0.0.${backend.slice(1)} ${what}\n`);
    await done;
  }

  const records = (map: string): { key: string; value?: string; entries?: { value: string }[] }[] =>
    (node.must("map", "dump", "lb", map) as unknown as { entries: ReturnType<typeof records> }).entries;

  /** Names of the backends that the data plane leaves out. */
  function sick(): string {
    const bad = records("health")
      .filter(({ value }) => value === "01")
      .map(({ key }) => Buffer.from(key, "hex").readUInt32LE());
    return BACKENDS.filter((_, index) => bad.includes(reals[index] ?? NO_REAL))
      .map(({ name }) => name)
      .join(" ");
  }

  async function until(what: string, holds: () => boolean): Promise<void> {
    const held = await pollUntil(SOON_MS, () => Promise.resolve(holds() || undefined));
    assert.ok(held, `not ${what} after ${SOON_MS / 1000} s, but sick are "${sick()}"; it said: ${said}`);
  }
  const untilSick = (names: string): Promise<void> => until(`"${names}" sick`, () => sick() === names);

  function detour(): number[] | undefined {
    const [found] = records("detours");
    // A dump leaves values of zeroes out: a detour where real 0 has every slot.
    return found && slots(Buffer.from(found.entries?.[0]?.value ?? "00".repeat(2 * RING_SIZE), "hex"));
  }

  it("takes a backend out that answers 500, moves its slots alone, and takes it back when it is well", async () => {
    start();
    await answer("b2", "500");
    await untilSick("b2");
    await until("b2 named", () => /^v: b2 is sick \(it answers 500\)$/m.test(said));
    const around = detour();
    assert.ok(around);
    const [b1, b2, b3] = reals;
    let inherited = 0;
    ring.forEach((real, slot) => {
      if (real === b2) {
        assert.notEqual(around[slot], b2);
        inherited += around[slot] === b1 ? 1 : 0;
      } else assert.equal(around[slot], real);
    });
    const share = inherited / ring.filter((real) => real === b2).length;
    assert.ok(Math.abs(share - 0.5) < 0.02, `b1 inherits ${share} of the slots`);

    await answer("b3", "503");
    await untilSick("b2 b3");
    const alone = detour();
    assert.ok(alone?.every((real) => real === b1));
    assert.ok(b3 !== undefined && around.includes(b3));

    await answer("b2", "204");
    await answer("b3", "301");
    await untilSick("");
    assert.equal(detour(), undefined);
  });

  it("takes a backend out that says nothing, or whose port is closed, and only after some bad answers in a row", async () => {
    start();
    await answer("b1", "mute");
    await untilSick("b1");
    await until("b1 named", () => /^v: b1 is sick \(no answer in time\)$/m.test(said));
    await stopServers();
    // All are gone by now: the checks are more likely wrong than the backends.
    await until("none out", () => said.includes("b3 is sick (Connection refused)") && sick() === "");
    assert.equal(detour(), undefined);
  });

  it("is content with an open port where no HTTP is asked for", async () => {
    start({ http: false });
    await answer("b1", "mute");
    await answer("b2", "500");
    // Fifty checks of each backend later nothing has turned.
    await until("150 connections made", () => opened() > 150);
    assert.equal(sick(), "");
    assert.equal(said, "");
  });

  /** Connections that the node's own stack has opened so far. */
  function opened(): number {
    const [, values = ""] = node
      .run("cat", "/proc/net/snmp")
      .split("\n")
      .filter((line) => line.startsWith("Tcp:"));
    return Number(values.split(" ")[5]);
  }

  it("goes on from what the maps say when it is started again", async () => {
    start();
    await answer("b2", "500");
    await untilSick("b2");
    await stop();
    assert.equal(sick(), "b2", "the data plane keeps what was found");
    assert.ok(detour());
    start();
    await answer("b3", "500");
    await untilSick("b2 b3");
    assert.doesNotMatch(said, /b2/, "b2 did not have to fail again");
  });

  it("forgets what it found when it is told to", async () => {
    start();
    await answer("b2", "500");
    await untilSick("b2");
    await stop();
    assert.deepEqual(node.must("health", "/run/health.json", "--forget"), { forgotten: 1 });
    assert.equal(sick(), "");
    assert.equal(detour(), undefined);
  });

  it("writes into the maps of the version that runs now", async () => {
    start();
    await answer("b2", "500");
    await untilSick("b2");
    const attach = { hook: "xdp", interface: "host0", slot: 1, mode: "native" } as const;
    const program = { name: "lb", source: "bpf/xdp_lb.bpf.c", programs: [{ function: "xdp_lb", attach }] };
    node.must("remove", "lb", "--maps");
    node.must("apply", node.put(program));
    // The process may have met the moment without maps and ended: systemd would start it again.
    if (checks?.exitCode !== null) start();
    await untilSick("b2");
  });

  it("refuses a configuration that is none in one sentence", () => {
    const refuse = (text: string): string => {
      writeFileSync(`${node.root}/run/wrong.json`, text);
      const { error } = node.verb(["health", "/run/wrong.json"]).answer;
      assert.ok(error, text);
      return `${error.what}: ${error.cause}`;
    };
    assert.match(refuse("{"), /health checks in \/run\/wrong.json: it is no JSON/);
    assert.match(refuse('{"program": "lb"}'), /vips/);
    assert.match(refuse('{"program": "../x", "vips": []}'), /names no program/);
    const vip = { vip: "v", ring: 0, intervalMs: 50, timeoutMs: 60, rise: 2, fall: 3, backends: [] };
    const whole = (changes: object): string =>
      JSON.stringify({ program: "lb", vips: [{ ...vip, timeoutMs: 40, ...changes }] });
    assert.match(refuse(whole({ timeoutMs: 60 })), /a number of VIP v/);
    assert.match(refuse(whole({ rise: 0 })), /a number of VIP v/);
    assert.match(refuse(whole({ ring: 70000 })), /a number of VIP v/);
    const backend = { name: "b", real: 0, address: "127.0.0.1", port: 80 };
    assert.match(refuse(whole({ backends: [{ ...backend, port: 0 }] })), /backend b/);
    assert.match(refuse(whole({ backends: [{ ...backend, address: "localhost" }] })), /backend b/);
    assert.match(refuse(whole({ backends: [{ ...backend, extra: 1 }] })), /a backend is wrong/);
  });
});
