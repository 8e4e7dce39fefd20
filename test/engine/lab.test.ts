import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pollUntil } from "../../components/node/poll.js";
import { LabStack } from "./support/lab-stack.js";
import { leftovers } from "./support/leftovers.js";
import { nodeSnapshot } from "./support/node-snapshot.js";
import { RunningClient } from "./support/requests.js";
import { type RunResult, tail } from "./support/run.js";
import { exposures } from "./support/secrets.js";

const NODES = ["edge", "backend-1", "backend-2", "client"];
const ADDRESSES = ["10", "21", "22", "30"].map((host) => `198.18.50.${host}`);
const BOOT_UNIT = "ebpf-platform-bpf.service";
const ROOT_LINK = "/sys/fs/bpf/ebpf-platform/xdp_root_host0/link";

const LOADER = "/usr/local/lib/ebpf-platform/ebpf-loader";
const METRICS = "/var/lib/prometheus/node-exporter/ebpf-platform.prom";
const GUARD_AND_METRICS = `    metrics: {intervalSeconds: 5}
    guards:
      - name: guard
        node: edge
        attach: {interface: host0, slot: 2, mode: native}
        sourceRate: 1
        sample: 1
`;

interface Status {
  programs: { name: string; id: number; objectSha256: string; problems: string[] }[];
  vips: { backends: { name: string; connections: number }[] }[];
}

interface Verified {
  checks: { id: string; outcome: { status: string } }[];
}

describe("the lab stack", function () {
  this.timeout(600_000);
  const lab = new LabStack({ stack: "t-lab", network: 50 });
  let first: RunResult;

  before(async () => {
    first = await lab.platformOk("up");
  });

  // What a failed case left is no reason for the next one to fail.
  afterEach(async function () {
    if (this.currentTest?.state === "failed") await lab.platform("up");
  });
  after(() => lab.dispose());

  const status = async (): Promise<Status> => {
    const { stdout } = await lab.platformOk("status", ["--json"]);
    return JSON.parse(stdout) as Status;
  };
  const program = async (name: string): Promise<Status["programs"][number]> => {
    const found = (await status()).programs.find((one) => one.name === name);
    assert.ok(found, `${name} is in the status`);
    return found;
  };
  const withClient = async (work: (client: RunningClient) => Promise<void>): Promise<RunningClient> => {
    const client = new RunningClient(lab.nodePid("client"), lab.vip);
    try {
      await client.more(20);
      await work(client);
      await client.recovered(10_000);
      await client.more(20);
    } finally {
      await client.stop();
    }
    return client;
  };

  it("sends requests through XDP to both backends, and the programs' own counters say so", async () => {
    assert.match(first.stdout, /200 of 200 requests to \S+ answered/, tail(first));
    const counted = /XDP sent them to backend-1 (\d+), backend-2 (\d+); (\d+) ns per packet/.exec(
      first.stdout,
    );
    assert.ok(counted, tail(first));
    const [one, two] = counted.slice(1, 3).map(Number);
    assert.equal((one ?? 0) + (two ?? 0), 200);
    assert.ok((one ?? 0) > 60 && (two ?? 0) > 60, "a ring of equal weights gives each backend about half");
    assert.match(first.stdout, /edge +conntrack +xdp host0 slot 0 .* native +attached/);
    assert.match(first.stdout, /edge +lb +xdp host0 slot 1 .* native +attached/);
  });

  it("is verified: no check fails, what cannot run is named, and a fault is found", async () => {
    const folder = join(lab.copy.root, ".verify");
    const verified = await lab.platformOk("verify", ["--json", "--out", folder]);
    const { checks } = JSON.parse(verified.stdout) as Verified;
    const outcomes = (id: string) =>
      checks.filter((check) => check.id === id).map(({ outcome }) => outcome.status);
    assert.deepEqual(outcomes("threat.mitm.host-key"), ["pass", "pass", "pass", "pass"]);
    assert.deepEqual(outcomes("program.attached"), ["pass", "pass"]);
    assert.deepEqual(outcomes("load.answers"), ["pass"]);
    assert.deepEqual(outcomes("load.shares"), ["pass"]);
    assert.deepEqual(outcomes("cluster.reachable"), ["not-run"]);
    assert.match(readFileSync(join(folder, "verify.xml"), "utf8"), /failures="0"/);
    assert.match(readFileSync(join(folder, "verify.html"), "utf8"), /no check failed/);

    lab.onNode("edge", `systemctl disable ${BOOT_UNIT}`);
    try {
      const broken = await lab.platform("verify", ["--only", "nodes"]);
      assert.equal(broken.code, 1, tail(broken));
      assert.match(
        broken.stdout,
        /fail +nodes +edge +the boot unit restores the programs +.* is disabled; run/,
      );
    } finally {
      lab.onNode("edge", `systemctl enable ${BOOT_UNIT}`);
    }
  });

  it("changes nothing and touches no node when it is brought up again", async () => {
    const before = NODES.map((node) => nodeSnapshot(lab, node));
    const again = await lab.platformOk("up");
    assert.match(again.stdout, /up t-lab: 0 created, 0 updated, 0 replaced, 0 deleted, \d+ unchanged/);
    assert.deepEqual(
      NODES.map((node) => nodeSnapshot(lab, node)),
      before,
    );
  });

  it("shows plain pulumi a program that was unpinned by hand, with the policies, and lets it put it back", async () => {
    const client = await withClient(async (running) => {
      lab.onNode("edge", `rm ${ROOT_LINK}`);
      await running.more(5);
      const preview = await lab.pulumiOk("preview --policy-pack policy");
      assert.match(preview.stdout, /Program +edge-lb +update +\[diff: ~status\]/, tail(preview));
      await lab.pulumiOk("up --yes --skip-preview --policy-pack policy");
    });
    assert.ok(client.failed > 0, "without the program the VIP has no listener");
    console.log(`      the VIP was gone for ${client.longestGap} ms, until the update had repaired it`);
    assert.deepEqual((await program("lb")).problems, []);
  });

  it("comes back from a reboot by its boot unit alone, and has no drift to plain pulumi", async () => {
    const before = lab.bootOf("edge");
    const client = await withClient(async (running) => {
      lab.onNode("edge", "systemctl reboot");
      await running.more(20);
      await lab.untilBooted("edge", before);
      await running.recovered(10_000);
    });
    console.log(`      the VIP was gone for ${client.longestGap} ms, until the boot unit had run`);
    await lab.pulumiOk("refresh --yes --skip-preview --expect-no-changes");
    await lab.pulumiOk("up --yes --skip-preview --policy-pack policy --expect-no-changes");
  });

  it("shows a node that came back without its programs, and puts them back", async () => {
    const before = lab.bootOf("edge");
    const client = await withClient(async (running) => {
      lab.onNode("edge", `systemctl disable --quiet ${BOOT_UNIT}; systemctl reboot`);
      await running.more(5);
      await lab.untilBooted("edge", before);
      lab.onNode("edge", `systemctl enable --quiet ${BOOT_UNIT}`);
      const preview = await lab.platform("preview", ["--expect-no-changes"]);
      assert.equal(preview.code, 6, tail(preview));
      assert.match(preview.stdout, /Program edge-lb update \[diff: ~status\]/, tail(preview));
      await lab.platformOk("up");
    });
    console.log(`      the VIP was gone for ${client.longestGap} ms, until the update had repaired it`);
    assert.deepEqual((await program("lb")).problems, []);
  });

  it("swaps a changed program without losing a request", async () => {
    const old = await program("lb");
    // Other bytes, the same behaviour.
    lab.copy.edit("bpf/xdp_lb.bpf.c", '"Dual BSD/GPL"', '"GPL"');
    const preview = await lab.platformOk("preview");
    assert.match(preview.stdout, /Program edge-lb update \[diff: ~objectSha256\]/, tail(preview));
    const client = await withClient(async (running) => {
      await lab.platformOk("up");
      await running.more(100);
    });
    assert.equal(client.failed, 0, `of ${client.requests.length} requests`);
    console.log(`      ${client.requests.length} requests during the swap, none lost`);
    const swapped = await program("lb");
    assert.notEqual(swapped.objectSha256, old.objectSha256);
    assert.notEqual(swapped.id, old.id);
  });

  it("guards an interface, writes metrics, reads events, and keeps all numbers when the config is reordered", async () => {
    const backends = ["- {node: backend-1, weight: 1}", "- {node: backend-2, weight: 1}"] as const;
    const before = lab.onNode("edge", `${LOADER} map dump lb reals --digest`);
    lab.copy.edit(lab.stackFile, backends.join("\n          "), [...backends].reverse().join("\n          "));
    lab.copy.edit(lab.stackFile, "    programs:\n", `${GUARD_AND_METRICS}    programs:\n`);
    const up = await lab.platformOk("up");
    assert.match(up.stdout, /up t-lab: \d+ created, 0 updated, 0 replaced, 0 deleted/, tail(up));
    assert.equal(lab.onNode("edge", `${LOADER} map dump lb reals --digest`), before);
    assert.deepEqual((await program("guard")).problems, []);
    // More than one packet a second, to a port where nobody listens.
    lab.onNode("client", `for n in {1..20}; do (</dev/tcp/${lab.prefix}.10/9) 2>/dev/null || true; done`);
    const counted = /^ebpf_guard_packets_total\{program="guard",reason="source-rate"\} ([1-9]\d*)$/m;
    const metrics = await pollUntil(30_000, () =>
      Promise.resolve(counted.exec(lab.onNode("edge", `cat ${METRICS} || true`))?.[1]),
    );
    assert.ok(metrics, lab.onNode("edge", `cat ${METRICS}`));
    const { stdout } = await lab.platformOk("events", ["edge", "guard", "--json", "--seconds", "1"]);
    const events = JSON.parse(stdout) as {
      source: string;
      reason: string;
      verdict: string;
      destPort: number;
    }[];
    const ours = events.filter(({ source }) => source === `${lab.prefix}.30`);
    assert.ok(ours.length > 0, stdout);
    assert.deepEqual([ours[0]?.reason, ours[0]?.verdict], ["source-rate", "pass"], "bpf.mode is audit");
  });

  it("shows no key, no passphrase and no other secret where others can read", async () => {
    const found = await exposures(lab, NODES);
    assert.ok(found.searched.length > 0);
    assert.deepEqual(found.exposed, [], `searched ${found.searched.join(", ")}`);
  });

  it("prints what bpftool sees on each node with --verbose", async () => {
    const { stdout } = await lab.platformOk("status", ["--verbose"]);
    assert.match(stdout, /edge\$ bpftool net list\nxdp:\nhost0\(\d+\) driver id \d+/);
    assert.ok(stdout.includes(join("198.18.50.100:80", "tcp")));
  });

  it("leaves the old program attached when the verifier rejects the new one, and says why", async () => {
    const old = await program("conntrack");
    const good = lab.copy.read("bpf/xdp_conntrack.bpf.c");
    const rejected = good.replace(
      /(SEC\("xdp"\)\s*int xdp_conntrack\(struct xdp_md \*ctx\)\s*\{)/,
      "$1\n\tif (*(volatile __u8 *)(long)ctx->data == 0xff)\n\t\treturn XDP_DROP;",
    );
    assert.notEqual(rejected, good, "the program's first line was found");
    lab.copy.write("bpf/xdp_conntrack.bpf.c", rejected);
    const client = await withClient(async () => {
      const up = await lab.platform("up");
      assert.equal(up.code, 1, tail(up));
      assert.match(up.stderr + up.stdout, /invalid access to packet/);
      assert.match(up.stderr + up.stdout, /volatile __u8 \*\)\(long\)ctx->data == 0xff/, "the source line");
      assert.match(up.stderr, /node edge/);
    });
    assert.equal(client.failed, 0);
    const now = await program("conntrack");
    assert.deepEqual([now.id, now.objectSha256], [old.id, old.objectSha256]);
  });

  it("is taken away by plain pulumi, and leaves nothing on this machine", async () => {
    await lab.pulumiOk("destroy --yes --skip-preview");
    assert.deepEqual(leftovers(lab, ADDRESSES), []);
  });
});
