import assert from "node:assert/strict";
import { seed, soak } from "../support/seed";
import { errorAndFragmentRows } from "./packets/errors-and-fragments";
import { modeRows } from "./packets/modes";
import { parsingRows } from "./packets/parsing";
import { ConntrackModel, COUNTERS, STATE, type TrackedFlow } from "./support/conntrack-model";
import { readCounters, readFlows } from "./support/flow-table";
import { ACK, edit, FIN, frame, packet, RST, SYN, UDP, type FrameSpec } from "./support/frames";
import { mutate } from "./support/mutate";
import { buildObject } from "./support/objects";
import { Random } from "./support/random";
import { BpfRunner, XDP } from "./support/runner";
import { withRunner } from "./support/with-runner";

const tcp4: FrameSpec = { from: "198.18.0.30", to: "198.18.0.100" };
const tcp6: FrameSpec = { from: "2001:2:0:1::30", to: "2001:2:0:1::100" };

describe("xdp_conntrack", () => {
  const tracker = withRunner(async () => {
    const runner = await BpfRunner.start([{ path: buildObject("xdp_conntrack") }]);
    await runner.useCpu(0);
    return runner;
  });

  beforeEach(() => tracker.runner.clear("flows4", "flows6", "counters"));

  const flows = (): Promise<Map<string, TrackedFlow>> => readFlows(tracker.runner);
  const counters = (): Promise<Record<string, number>> => readCounters(tracker.runner);

  async function only(): Promise<TrackedFlow> {
    const [flow, ...others] = (await flows()).values();
    assert.ok(flow && others.length === 0, "one flow");
    return flow;
  }

  const courses: readonly [name: string, flags: readonly number[], state: number][] = [
    ["a SYN", [SYN], STATE.new],
    ["a SYN and its answer, seen in one direction", [SYN | ACK], STATE.answered],
    ["a handshake", [SYN, ACK], STATE.established],
    ["a connection that was there before", [ACK], STATE.established],
    ["a close", [SYN, ACK, FIN | ACK], STATE.closing],
    ["the last ACK of a close", [SYN, ACK, FIN | ACK, ACK], STATE.closing],
    ["a reset", [SYN, RST], STATE.reset],
    ["a packet after a reset", [SYN, RST | ACK, ACK], STATE.reset],
    ["a new connection on old ports", [SYN, ACK, FIN | ACK, SYN], STATE.new],
    ["SYN and RST at once", [SYN | RST], STATE.reset],
  ];
  for (const [name, flags, state] of courses) {
    it(`follows TCP: ${name}`, async () => {
      for (const one of flags) await tracker.runner.run(frame({ ...tcp4, flags: one }));
      const all = flags.reduce((ored, one) => ored | one, 0);
      assert.deepEqual(await only(), { packets: flags.length, bytes: 40 * flags.length, state, flags: all });
    });
  }

  it("follows UDP: the first datagram is new, the second makes it established", async () => {
    const datagram = frame({ ...tcp6, proto: UDP, data: Buffer.alloc(10) });
    await tracker.runner.run(datagram);
    assert.deepEqual(await only(), { packets: 1, bytes: 58, state: STATE.new, flags: 0 });
    await tracker.runner.run(datagram);
    assert.deepEqual(await only(), { packets: 2, bytes: 116, state: STATE.established, flags: 0 });
  });

  it("keeps the two directions, IPv4 and IPv6, TCP and UDP apart", async () => {
    const packets = [
      tcp4,
      { from: tcp4.to, to: tcp4.from, sport: 80, dport: 40000 },
      tcp6,
      { ...tcp4, proto: UDP },
    ];
    for (const spec of packets) await tracker.runner.run(frame(spec));
    assert.equal((await flows()).size, packets.length);
  });

  it("adds up what several CPUs have seen", async () => {
    await tracker.runner.run(frame({ ...tcp4, flags: SYN }));
    await tracker.runner.useCpu(1);
    await tracker.runner.run(frame({ ...tcp4, flags: FIN | ACK }));
    await tracker.runner.useCpu(0);
    const flow = await only();
    assert.deepEqual([flow.packets, flow.bytes], [2, 80]);
  });

  it("counts what it cannot track", async () => {
    const packets = [
      packet({ ...tcp4, offset: 64 }, Buffer.alloc(8)),
      packet({ ...tcp4, proto: 1 }, Buffer.alloc(8)),
      frame({ ...tcp4, ethertype: 0x0806 }),
      frame(tcp4).subarray(0, 30),
      edit(frame(tcp4), [46, 0x40]),
      packet({ ...tcp6, proto: 60 }, Buffer.alloc(64).fill(60, 0, 1)),
    ];
    for (const one of packets) await tracker.runner.run(one);
    assert.equal((await flows()).size, 0);
    assert.deepEqual(await counters(), {
      tracked: 0,
      new: 0,
      full: 0,
      fragment: 1,
      other: 1,
      "not-ip": 1,
      malformed: 2,
      unsupported: 1,
    });
  });

  it("makes room for new flows when the table is full, and refuses none", async function () {
    this.timeout(120_000);
    const total = 70_000;
    for (let first = 0; first < total; first += 1000) {
      const packets = Array.from({ length: 1000 }, (_, index) =>
        frame({
          ...tcp4,
          from: `198.19.${((first + index) >> 8) & 255}.${(first + index) & 255}`,
          sport: 1 + ((first + index) >> 16),
        }),
      );
      await tracker.runner.runAll(packets);
    }
    const counted = await counters();
    assert.equal(counted.new, total);
    assert.equal(counted.full, 0);
    const held = (await tracker.runner.dump("flows4")).length;
    assert.ok(held > 60_000 && held <= 65_536, `${held} flows held`);
  });

  const PACKETS = soak ? 1_000_000 : 20_000;
  it(`agrees with its model on ${PACKETS} mutated packets, and changes none (seed ${seed})`, async function () {
    this.timeout(soak ? 3_600_000 : 120_000);
    const model = new ConntrackModel();
    const random = new Random(seed);
    const corpus = [...parsingRows, ...modeRows, ...errorAndFragmentRows].map((row) => row.packet);
    for (let done = 0; done < PACKETS; done += 500) {
      const packets = Array.from({ length: 500 }, () => mutate(random.pick(corpus), random));
      const results = await tracker.runner.runAll(packets);
      results.forEach((result, index) => {
        assert.equal(result.verdict, XDP.PASS);
        assert.ok(result.packet.equals(packets[index]!), "the packet was changed");
        model.run(packets[index]!);
      });
    }
    assert.deepEqual(
      await counters(),
      Object.fromEntries(COUNTERS.map((name) => [name, model.counters.get(name) ?? 0])),
    );
    // Above this the LRU has begun to forget.
    if (model.flows.size < 30_000) assert.deepEqual(await flows(), model.flows);
  });
});
