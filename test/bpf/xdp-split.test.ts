import assert from "node:assert/strict";
import { ACK, frame, RST, SYN, UDP, type FrameSpec } from "./support/frames";
import { buildObject } from "./support/objects";
import { PORTS } from "./support/ask";
import { BpfRunner, XDP } from "./support/runner";
import { withRunner } from "./support/with-runner";

const FIXTURE = "test/bpf/fixtures/verdict.bpf.c";
const STABLE = 0;
const CANDIDATE = 1;

describe("xdp_split", () => {
  /** Object 0 shares out; of its two versions the stable one sends packets back, the candidate drops them. */
  const split = withRunner(async () => {
    const runner = await BpfRunner.start([
      { path: buildObject("xdp_split") },
      { path: buildObject(FIXTURE), constants: { verdict: XDP.TX } },
      { path: buildObject(FIXTURE), constants: { verdict: XDP.DROP } },
    ]);
    await runner.slot(STABLE, 1);
    await runner.slot(CANDIDATE, 2);
    return runner;
  });

  async function share(dose: number, { leaseSeconds = 60, generation = 1 } = {}): Promise<void> {
    const value = Buffer.alloc(16);
    value.writeUInt32LE(dose, 0);
    value.writeUInt32LE(generation, 4);
    value.writeBigUInt64LE(process.hrtime.bigint() + BigInt(leaseSeconds) * 1_000_000_000n, 8);
    await split.runner.put("share", Buffer.alloc(4), value);
  }

  /** For each client port whether the candidate got the packet. */
  async function candidates(more: Partial<FrameSpec>, ports = PORTS): Promise<boolean[]> {
    const packets = ports.map((sport) => frame({ from: "198.18.0.30", to: "198.18.0.100", sport, ...more }));
    const results = await split.runner.runAll(packets);
    for (const { verdict } of results) assert.ok(verdict === XDP.TX || verdict === XDP.DROP, String(verdict));
    return results.map(({ verdict }) => verdict === XDP.DROP);
  }
  const part = (answers: readonly boolean[]): number => answers.filter(Boolean).length / answers.length;
  const none = PORTS.map(() => false);

  beforeEach(async () => {
    await split.runner.clear("flows", "share");
  });

  const families: [string, Partial<FrameSpec>][] = [
    ["IPv4", {}],
    ["IPv6", { from: "2001:2:0:1::30", to: "2001:2:0:1::100" }],
  ];
  for (const [family, addresses] of families) {
    it(`gives the dose of new connections to the candidate, a small dose within a larger one, over ${family}`, async () => {
      await share(1000);
      const small = await candidates({ ...addresses, flags: SYN });
      assert.ok(Math.abs(part(small) - 0.1) < 0.03, `the candidate got ${part(small)}`);
      assert.deepEqual(await candidates({ ...addresses, flags: ACK }), small, "and their later packets");
      await share(5000);
      const large = await candidates({ ...addresses, flags: SYN });
      assert.ok(Math.abs(part(large) - 0.5) < 0.04, `the candidate got ${part(large)}`);
      small.forEach((mine, index) => assert.ok(!mine || large[index]));
    });
  }

  it("moves no established connection when the dose rises, whether it saw its SYN or not", async () => {
    await share(2500);
    const before = await candidates({ flags: SYN });
    await share(10_000);
    assert.deepEqual(await candidates({ flags: ACK }), before);
    const unseen = PORTS.map((port) => port + 10_000);
    assert.deepEqual(await candidates({ flags: ACK }, unseen), none);
    assert.equal(part(await candidates({ flags: SYN })), 1, "new ones all go to the candidate");
  });

  it("leaves the candidate its connections when the dose falls, but for 0", async () => {
    await share(5000);
    const before = await candidates({ flags: SYN });
    await share(1000);
    assert.deepEqual(await candidates({ flags: ACK }), before);
    await share(0);
    assert.deepEqual(await candidates({ flags: ACK }), none);
    assert.deepEqual(await candidates({ flags: SYN }), none);
  });

  it("gives everything back when the lease has run out", async () => {
    await share(10_000);
    assert.equal(part(await candidates({ flags: SYN })), 1);
    await share(10_000, { leaseSeconds: -1 });
    assert.deepEqual(await candidates({ flags: ACK }), none);
    assert.deepEqual(await candidates({ flags: SYN }), none);
  });

  it("does not give the connections of an earlier generation back to the candidate", async () => {
    await share(10_000);
    await candidates({ flags: SYN });
    await share(0, { generation: 2 });
    await share(10_000, { generation: 2 });
    assert.deepEqual(await candidates({ flags: ACK }), none);
    assert.equal(part(await candidates({ flags: SYN })), 1);
  });

  it("keeps datagrams of a flow with one version, those from before the first dose with the stable one", async () => {
    await share(0);
    assert.deepEqual(await candidates({ proto: UDP }), none);
    await share(5000);
    assert.deepEqual(await candidates({ proto: UDP }), none);
    const fresh = PORTS.map((port) => port + 10_000);
    const first = await candidates({ proto: UDP }, fresh);
    assert.ok(Math.abs(part(first) - 0.5) < 0.04, `the candidate got ${part(first)}`);
    await share(9000);
    assert.deepEqual(await candidates({ proto: UDP }, fresh), first);
  });

  it("leaves fragments, resets of unknown connections and what is no IP to the stable version", async () => {
    await share(10_000);
    assert.deepEqual(await candidates({ proto: UDP, more: true }), none);
    assert.deepEqual(await candidates({ flags: RST }), none);
    const [{ verdict } = { verdict: -1 }] = await split.runner.runAll([
      frame({ from: "198.18.0.30", to: "198.18.0.100", ethertype: 0x0806 }),
    ]);
    assert.equal(verdict, XDP.TX);
  });

  it("passes every packet when it has no version at all, and counts those of each", async () => {
    const key = Buffer.alloc(4);
    const ofEachCpu = await split.runner.get("packets", key);
    for (const arm of [STABLE, CANDIDATE]) {
      key.writeUInt32LE(arm);
      await split.runner.put("packets", key, Buffer.alloc(8 * ofEachCpu.length));
    }
    await share(5000);
    const mine = (await candidates({ flags: SYN })).filter(Boolean).length;
    assert.equal(await split.runner.count("packets", CANDIDATE), mine);
    assert.equal(await split.runner.count("packets", STABLE), PORTS.length - mine);
    await split.runner.slot(STABLE, undefined);
    await split.runner.slot(CANDIDATE, undefined);
    try {
      const packet = frame({ from: "198.18.0.30", to: "198.18.0.100", flags: SYN });
      assert.equal((await split.runner.run(packet)).verdict, XDP.PASS);
    } finally {
      await split.runner.slot(STABLE, 1);
      await split.runner.slot(CANDIDATE, 2);
    }
  });
});
