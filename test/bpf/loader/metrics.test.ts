import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../components/project-root";
import { encodeGuardMaps, GUARD_REASONS } from "../../../lib/src/guard-maps";
import { COUNTERS } from "../support/conntrack-model";
import { REASONS } from "../support/lb-model-parse";
import { requireBpf } from "../support/objects";
import { parsePrometheus, type Sample } from "../support/prometheus";
import { buildFaultyLoader, PrivateNode, type TestProgram } from "./private-node";

const FILE = "/run/metrics.prom";
const root = projectRoot();
const sources = ["metrics.c", "metrics_table.c"].map((name) =>
  readFileSync(join(root, "bpf", "loader", name), "utf8"),
);

describe("ebpf-loader metrics", function () {
  let node: PrivateNode;

  before(async function () {
    requireBpf(this);
    this.timeout(120_000);
    node = await PrivateNode.start(buildFaultyLoader());
    const xdp = (name: string, source: string, slot: number): TestProgram => ({
      name,
      source,
      programs: [{ function: source, attach: { hook: "xdp", interface: "host0", slot, mode: "native" } }],
    });
    node.must("apply", node.put(xdp("guard", "xdp_guard", 0)));
    node.must("apply", node.put(xdp("tracker", "xdp_conntrack", 1)));
    node.run("mkdir", "/run/cgroup");
    node.run("mount", "-t", "cgroup2", "cgroup2", "/run/cgroup");
    node.run("mkdir", cgroup);
    for (const [name, source, hook] of [
      ["latency", "sock_latency", "sock_ops"],
      ["health", "request_health", "cgroup"],
    ] as const) {
      node.must(
        "apply",
        node.put({ name, source, programs: [{ function: source, attach: { hook, target: cgroup } }] }),
      );
    }
  });
  after(async () => {
    for (const name of ["latency", "health"]) node.must("remove", name, "--maps");
    node.run("rmdir", cgroup);
    await node.stop();
  });
  const cgroup = `/run/cgroup/ebpf-metrics-${String(process.pid)}`;

  function read(...more: string[]): Sample[] {
    node.must("metrics", FILE, ...more);
    return parsePrometheus(readFileSync(`${node.root}${FILE}`, "utf8"));
  }
  const find = (
    samples: readonly Sample[],
    name: string,
    labels: Record<string, string>,
  ): number | undefined =>
    samples.find(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )?.value;

  /** Knocks at closed ports of the node from the other end, one connection each. */
  function knock(times: number): void {
    const [command, args] = node.words(
      [
        "bash",
        "-c",
        `for i in $(seq ${String(times)}); do timeout 1 bash -c "</dev/tcp/198.18.77.1/9" 2>/dev/null; done; true`,
      ],
      "peer",
    );
    assert.equal(spawnSync(command, args, { timeout: 30_000 }).status, 0);
  }

  it("tells what is attached, by object, and what deviates", () => {
    const samples = read();
    const { version, targets } = node.facts("guard");
    const place = { program: "guard", function: "xdp_guard", hook: "xdp", place: "host0", version: version! };
    assert.equal(find(samples, "ebpf_program_attached", place), 1);
    const [{ labels }] = samples.filter(
      ({ name, labels: l }) => name === "ebpf_program_attached" && l.program === "guard",
    ) as [Sample];
    assert.match(labels.object_sha256 ?? "", /^[0-9a-f]{64}$/);
    assert.equal(find(samples, "ebpf_program_drift", { program: "guard" }), 0);
    assert.equal(
      find(samples, "ebpf_program_jited_bytes", { program: "guard" }),
      targets[0]?.program?.jitedBytes,
    );
    assert.equal(find(samples, "ebpf_program_attached", { program: "latency", place: cgroup }), 1);
    assert.equal(statSync(`${node.root}${FILE}`).mode & 0o777, 0o644, "the collector may read it");
  });

  it("counts packets, flows and map pressure as the maps do", () => {
    const rules = encodeGuardMaps({ deny: ["198.18.77.2/32"], sourceRate: 1_000_000, sample: 1 }, false);
    const words = [...rules].flatMap(([map, bytes]) => {
      writeFileSync(`${node.root}/run/${map}.bin`, bytes);
      return [map, `/run/${map}.bin`];
    });
    node.must("map", "put", "guard", ...words);
    knock(3);
    const samples = read();
    const denied = find(samples, "ebpf_guard_packets_total", { program: "guard", reason: "denied" });
    assert.ok(denied !== undefined && denied >= 3);
    assert.equal(find(samples, "ebpf_guard_rule_packets_total", { rule: "0" }), denied);
    assert.equal(find(samples, "ebpf_guard_dropped_packets_total", { reason: "denied" }), 0, "counting mode");
    assert.equal(find(samples, "ebpf_events_total", { program: "guard", outcome: "sent" }), denied);
    assert.equal(find(samples, "ebpf_map_entries", { program: "guard", map: "deny4" }), 1);
    assert.equal(find(samples, "ebpf_map_max_entries", { program: "guard", map: "deny4" }), 16_384);
    const flows = samples.filter(({ name }) => name === "ebpf_flows4");
    assert.deepEqual(
      flows.map(({ labels, value }) => [labels.protocol, labels.state, value]),
      [["tcp", "new", 3]],
    );
    assert.ok(find(samples, "ebpf_flow_packets_total", { program: "tracker", outcome: "new" })! >= 3);
  });

  it("counts connections and their times as a histogram", () => {
    node.run(
      "bash",
      "-c",
      `echo $$ > ${cgroup}/cgroup.procs; for i in 1 2; do timeout 1 bash -c "</dev/tcp/198.18.77.1/9"; done 2>/dev/null; true`,
    );
    const samples = read();
    assert.equal(find(samples, "ebpf_tcp_connections_total", { outcome: "failed" }), 2);
    const buckets = samples.filter(({ name }) => name === "ebpf_tcp_connect_seconds_bucket");
    assert.equal(buckets.at(-1)?.labels.le, "+Inf");
    assert.equal(buckets.at(-1)?.value, find(samples, "ebpf_tcp_connect_seconds_count", {}));
    buckets.reduce((before, { value }) => {
      assert.ok(value >= before, "buckets are cumulated");
      return value;
    }, 0);
  });

  it("times programs only when it is asked, the root for its whole chain", () => {
    const timed = (samples: readonly Sample[]): Sample[] =>
      samples.filter(({ name }) => name.startsWith("ebpf_program_measured"));
    assert.equal(readFileSync("/proc/sys/kernel/bpf_stats_enabled", "utf8").trim(), "0");
    const [command, args] = node.words(
      ["bash", "-c", "sleep 0.2; for i in 1 2 3; do timeout 1 bash -c '</dev/tcp/198.18.77.1/9'; done"],
      "peer",
    );
    const [shell, shellArgs] = node.words(["true"]);
    assert.equal(spawnSync(shell, shellArgs).status, 0);
    spawnSync("bash", ["-c", `"$@" 2>/dev/null & disown`, "bash", command, ...args], { stdio: "ignore" });
    const after = timed(read("--measure", "2"));
    const runs = find(after, "ebpf_program_measured_runs_total", {
      program: "xdp_root_host0",
      function: "xdp_root",
    });
    const seconds = find(after, "ebpf_program_measured_seconds_total", { program: "xdp_root_host0" });
    assert.ok(runs! >= 3 && seconds! > 0, `${String(runs)} runs in ${String(seconds)} s`);
    assert.equal(readFileSync("/proc/sys/kernel/bpf_stats_enabled", "utf8").trim(), "0");
  });

  it("tells drift, and leaves the file whole when it is written again", () => {
    const before = statSync(`${node.root}${FILE}`).ino;
    node.run("sh", "-c", "rm /sys/fs/bpf/ebpf-platform/latency/link_*");
    const samples = read();
    assert.equal(find(samples, "ebpf_program_attached", { program: "latency" }), 0);
    assert.ok(find(samples, "ebpf_program_drift", { program: "latency" })! > 0);
    assert.notEqual(statSync(`${node.root}${FILE}`).ino, before, "a new file under the old name");
    assert.match(node.verb(["metrics", "/no/such/x.prom"]).answer.error?.what ?? "", /^Writing \/no\/such/);
    assert.match(node.verb(["metrics", FILE, "--measure", "61"]).answer.error?.cause ?? "", /at most 60/);
  });

  it("docs/metrics.md lists every metric, and no other", () => {
    const docs = readFileSync(join(root, "docs", "metrics.md"), "utf8");
    const listed = [...docs.matchAll(/^\| `(ebpf_\w+)`/gm)].map(([, name]) => name);
    const written = sources.flatMap((text) =>
      [...text.matchAll(/\.name = "(ebpf_\w+)"/g)].map(([, name]) => name),
    );
    assert.deepEqual(listed, written);
  });

  it("has the words of the models for what maps count by number", () => {
    for (const list of [COUNTERS, GUARD_REASONS, REASONS]) {
      const words = list.map((word) => `"${word}"`);
      assert.ok(
        [...sources[1]!.matchAll(/\{([^{}]*)\};/g)].some(
          ([, body]) => JSON.stringify(body!.match(/"[^"]+"/g)) === JSON.stringify(words),
        ),
        words.join(" "),
      );
    }
  });
});
