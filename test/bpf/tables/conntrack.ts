import assert from "node:assert/strict";
import { STATE, type TrackedFlow } from "../support/conntrack-model";
import { readCounters, readFlows } from "../support/flow-table";
import { ACK, edit, FIN, frame, packet, RST, SYN, UDP, type FrameSpec } from "../support/frames";
import { buildObject } from "../support/objects";
import { BpfRunner } from "../support/runner";
import { withRunner } from "../support/with-runner";

export const tcp4: FrameSpec = { from: "198.18.0.30", to: "198.18.0.100" };
const tcp6: FrameSpec = { from: "2001:2:0:1::30", to: "2001:2:0:1::100" };

/** Loads xdp_conntrack around the tests of a suite, empties it before each, and reads its tables. */
export function withTracker() {
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

  return { tracker, flows, counters, only };
}

/** What the tracker makes of packets, case by case. */
export function conntrackTable(): void {
  const { tracker, flows, counters, only } = withTracker();

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
}
