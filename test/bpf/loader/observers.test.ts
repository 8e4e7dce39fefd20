import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pollUntil } from "../../../components/node/poll";
import { projectRoot } from "../../../components/project-root";
import { missing } from "../../support/missing";
import { requireBpf } from "../support/objects";
import { buildFaultyLoader, PrivateNode, type TestProgram } from "./private-node";

const folder = join(projectRoot(), "test", "bpf", "loader");
const ADDRESS = "198.18.77.1";
const PORT = 7000;

describe("programs that only watch", function () {
  let node: PrivateNode;
  let server: ChildProcess;
  const cgroup = `/run/cgroup/ebpf-test-${String(process.pid)}`;

  before(async function () {
    requireBpf(this);
    this.timeout(120_000);
    node = await PrivateNode.start(buildFaultyLoader());
    node.run("mkdir", "/run/cgroup");
    node.run("mount", "-t", "cgroup2", "cgroup2", "/run/cgroup");
    node.run("mkdir", cgroup);
    server = inCgroup("node", [join(folder, "tcp-server.cjs"), ADDRESS, String(PORT)]);
    await once(createInterface({ input: server.stdout! }), "line");
  });
  after(async () => {
    server.stdin?.end();
    await once(server, "exit");
    node.run("rmdir", cgroup);
    await node.stop();
  });

  /** Starts a script of the tests in the cgroup. */
  function inCgroup(where: "node" | "peer", script: readonly string[]): ChildProcess {
    const [command, args] = node.words(
      ["bash", "-c", `echo $$ > ${cgroup}/cgroup.procs; exec "$@"`, "bash", process.execPath, ...script],
      where,
    );
    return spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  }

  /** What a client says at the end of its connection. */
  async function ask(port: number, ...words: string[]): Promise<string> {
    const client = inCgroup("node", [join(folder, "tcp-client.cjs"), ADDRESS, String(port), ...words]);
    const [line] = (await once(createInterface({ input: client.stdout! }), "line")) as [string];
    return line;
  }

  function attach(source: string, name: string, attach: TestProgram["programs"] & object): void {
    node.must("apply", node.put({ name, source, programs: attach }));
  }

  /** Counters of a per-CPU array by index, summed; `fields` 64-bit words an entry. */
  function sums(program: string, map: string): Map<number, number[]> {
    const { entries } = node.must("map", "dump", program, map) as unknown as {
      entries: { key: string; value: string }[];
    };
    return new Map(
      entries.map(({ key, value }) => [Buffer.from(key, "hex").readUInt32LE(), words(value, 1)]),
    );
  }

  function words(hex: string, fields: number): number[] {
    const bytes = Buffer.from(hex, "hex");
    const sum = new Array<number>(fields).fill(0);
    for (let at = 0; at < bytes.length; at += 8) {
      const field = (at / 8) % fields;
      sum[field] = sum[field]! + Number(bytes.readBigUInt64LE(at));
    }
    return sum;
  }

  describe("syscall_count", () => {
    /** Numbers that no kernel gives out: nobody else on this machine calls them. */
    const call = (number: number, times: number): void => {
      node.run("perl", "-e", `syscall(${String(number)}) for 1..${String(times)}`);
    };

    it("counts each call by its number, and those it does not know together", function () {
      if (spawnSync("perl", ["-e", "1"]).status !== 0) missing(this, "perl");
      attach("syscall_count", "calls", [
        { function: "syscall_count", attach: { hook: "raw_tp", target: "sys_enter" } },
      ]);
      call(511, 1000);
      call(100_000, 10);
      const calls = sums("calls", "calls");
      assert.deepEqual([calls.get(511), calls.get(512)], [[1000], [10]]);
      assert.ok(calls.get(0)![0]! > 0, "read(2)");
      node.must("remove", "calls", "--maps");
    });

    it("counts a single call by its tracepoint", function () {
      if (spawnSync("perl", ["-e", "1"]).status !== 0) missing(this, "perl");
      node.run("mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing");
      const target = "syscalls/sys_enter_getpgid";
      attach("syscall_count", "calls", [
        { function: "syscall_count_one", attach: { hook: "tracepoint", target } },
      ]);
      call(121, 500);
      const calls = sums("calls", "calls");
      assert.ok(calls.get(121)![0]! >= 500);
      assert.equal(calls.get(0), undefined, "no other call reaches it");
      node.must("remove", "calls", "--maps");
      node.run("umount", "/sys/kernel/tracing");
    });
  });

  it("sock_latency counts connections, failures and round trips of its cgroup", async () => {
    attach("sock_latency", "latency", [
      { function: "sock_latency", attach: { hook: "sock_ops", target: cgroup } },
    ]);
    for (let i = 0; i < 5; i++) assert.equal(await ask(PORT, "ask", "ask"), "done");
    assert.equal(await ask(PORT + 1), "ECONNREFUSED");
    const counters = sums("latency", "counters");
    // The dump leaves out what is zero.
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => counters.get(index)?.[0] ?? 0),
      [5, 5, 1, 0],
      "connected, accepted, failed, retransmitted",
    );
    const histogram = sums("latency", "histograms");
    const total = (kind: number, buckets = 32): number =>
      Array.from({ length: buckets }, (_, bucket) => histogram.get(32 * kind + bucket)?.[0] ?? 0).reduce(
        (sum, count) => sum + count,
        0,
      );
    assert.equal(total(0), 5, "connect times");
    assert.ok(total(1) >= 10, `${String(total(1))} round trips`);
    assert.equal(total(0, 20), 5, "all within the host: below a second, whatever else runs here");
    const [connect] = sums("latency", "sums").get(0)!;
    assert.ok(connect! > 0 && connect! < 5_000_000, `${String(connect)} us for five connections`);
    node.must("remove", "latency", "--maps");
  });

  it("request_health tells answers, late answers and requests that nobody answered", async () => {
    attach("request_health", "health", [
      { function: "request_health", attach: { hook: "cgroup", target: cgroup } },
    ]);
    const health = (): number[] => {
      const { entries } = node.must("map", "dump", "health", "listeners") as unknown as {
        entries: { key: string; value: string }[];
      };
      const key = "c6124d01" + "00".repeat(12) + "1b58" + "0400";
      const found = entries.find((entry) => entry.key === key);
      assert.ok(found, `no listener ${key} among ${entries.map((entry) => entry.key).join(" ")}`);
      return words(found.value, 5);
    };
    assert.equal(await ask(PORT), "done");
    assert.deepEqual(health(), [0, 0, 0, 0, 0], "a connection without a request");
    await ask(PORT, "ask", "ask", "ask");
    assert.deepEqual(health().slice(0, 2), [3, 3], "three requests on one connection");
    const before = health();
    await ask(PORT, "wait");
    const [requests, answers, waited, wait] = health().map((value, index) => value - before[index]!);
    assert.deepEqual([requests, answers, waited], [1, 1, 1]);
    assert.ok(wait! > 50e6 && wait! < 5e9, `waited ${String(wait)} ns for an answer after 150 ms`);
    await ask(PORT, "silent");
    const after = health();
    assert.deepEqual([after[0]! - after[1]!, after[4]], [1, 1], "one request without an answer");
    node.must("remove", "health", "--maps");
  });

  it("tc_flow logs both directions of real connections, each under its own name", async () => {
    const place = (direction: "ingress" | "egress") => ({
      hook: "tc" as const,
      interface: "host0",
      direction,
    });
    attach("tc_flow", "flows-in", [{ function: "tc_flow", attach: place("ingress") }]);
    attach("tc_flow", "flows-out", [{ function: "tc_flow_egress", attach: place("egress") }]);
    // A packet is counted on the CPU of its sender: SYN and FIN on the client's, the last ACK, which the server's FIN
    // calls for, on the server's.
    node.run("taskset", "--all-tasks", "--cpu-list", "--pid", String(cpus().length - 1), String(server.pid));
    const [command, args] = node.words(
      [
        "taskset",
        "--cpu-list",
        "0",
        process.execPath,
        join(folder, "tcp-client.cjs"),
        ADDRESS,
        String(PORT),
        "ask",
      ],
      "peer",
    );
    assert.equal(spawnSync(command, args, { encoding: "utf8", timeout: 20_000 }).stdout, "done\n");
    const flows = (program: string) =>
      (node.must("map", "dump", program, "flows4") as unknown as { entries: { key: string }[] }).entries.map(
        ({ key }) => [key.slice(0, 8), key.slice(8, 16), key.slice(24)],
      );
    assert.deepEqual(flows("flows-in"), [["c6124d02", "c6124d01", "06000000"]]);
    assert.deepEqual(flows("flows-out"), [["c6124d01", "c6124d02", "06000000"]]);
    const largest = () =>
      node.must("flows", "flows-in", "5") as unknown as { total: number; flows: Record<string, unknown>[] };
    // SYN, ACK, request, ACK of the answer, FIN, ACK: the client is done before its last segment has arrived, and two
    // of the acknowledgements may be one.
    await pollUntil(10_000, () => Promise.resolve(Number(largest().flows[0]?.packets) >= 5 || undefined));
    const { total, flows: found } = largest();
    assert.equal(total, 1);
    const [{ source, dest, destPort, protocol, state }] = found as [Record<string, unknown>];
    assert.deepEqual(
      [source, dest, destPort, protocol, state],
      ["198.18.77.2", "198.18.77.1", PORT, 6, "closing"],
    );
    assert.match(node.verb(["flows", "nobody", "5"]).answer.error?.remedy ?? "", /xdp_conntrack or tc_flow/);
    node.must("remove", "flows-in", "--maps");
    node.must("remove", "flows-out", "--maps");
  });
});
