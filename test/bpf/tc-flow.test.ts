import assert from "node:assert/strict";
import { seed, soak } from "../support/seed";
import { errorAndFragmentRows } from "./packets/errors-and-fragments";
import { modeRows } from "./packets/modes";
import { parsingRows } from "./packets/parsing";
import { ConntrackModel, COUNTERS } from "./support/conntrack-model";
import { readCounters, readFlows } from "./support/flow-table";
import { frame, packet, SYN, UDP, type FrameSpec } from "./support/frames";
import { mutate } from "./support/mutate";
import { buildObject } from "./support/objects";
import { Random } from "./support/random";
import { BpfRunner } from "./support/runner";
import { withRunner } from "./support/with-runner";

/** TCX_NEXT of linux/bpf.h, as BPF_PROG_TEST_RUN returns it. */
const NEXT = 0xffffffff;
const tcp4: FrameSpec = { from: "198.18.0.30", to: "198.18.0.100" };
const tcp6: FrameSpec = { from: "2001:2:0:1::30", to: "2001:2:0:1::100" };

/** Whether the kernel makes a socket buffer of a frame (bpf_prog_test_run_skb): the IP header it announces must be there. */
function isBuffer(bytes: Buffer): boolean {
  const type = bytes.readUInt16BE(12);
  return bytes.length >= 14 + (type === 0x0800 ? 20 : type === 0x86dd ? 40 : 1);
}

describe("tc_flow", () => {
  const tc = withRunner(async () => {
    const runner = await BpfRunner.start([{ path: buildObject("tc_flow"), constants: { sample: 2 } }]);
    await runner.useCpu(0);
    return runner;
  });
  beforeEach(async () => {
    await tc.runner.clear("flows4", "flows6", "counters", "event_counters");
    await tc.runner.events("events");
  });

  it("keeps flows by their addresses, ports and protocol, ICMP included", async () => {
    const packets = [
      frame({ ...tcp4, flags: SYN }),
      frame({ ...tcp4, proto: UDP }),
      frame({ ...tcp6, vlans: [7] }),
      packet({ ...tcp4, proto: 1 }, Buffer.alloc(8)),
      packet({ ...tcp4, proto: 1 }, Buffer.alloc(16)),
      packet({ ...tcp6, proto: 58 }, Buffer.alloc(8)),
    ];
    for (const one of packets) assert.equal((await tc.runner.run(one)).verdict, NEXT);
    const flows = await readFlows(tc.runner);
    assert.equal(flows.size, 5);
    const icmp = flows.get("c612001e" + "c6120064" + "00000000" + "01000000");
    assert.deepEqual([icmp?.packets, icmp?.bytes], [2, 28 + 36]);
  });

  it("sends a sample of the packets, with the direction and what was counted", async () => {
    for (let i = 0; i < 4; i++) await tc.runner.run(frame({ ...tcp4, proto: UDP, sport: 7, dport: 9 }));
    await tc.runner.run(frame({ ...tcp4, ethertype: 0x0806 }));
    const events = await tc.runner.events("events");
    assert.equal(events.length, 2);
    const [event] = events as [Buffer];
    assert.deepEqual([...event.subarray(20, 24)], [2, 0, COUNTERS.indexOf("tracked"), UDP]);
    assert.equal(event.subarray(24, 28).toString("hex"), "c612001e");
    assert.deepEqual([event.readUInt16BE(56), event.readUInt16BE(58), event[60]], [7, 9, 4]);
  });

  const PACKETS = soak ? 1_000_000 : 15_000;
  it(`agrees with its model on ${PACKETS} mutated packets, and changes none (seed ${seed})`, async function () {
    this.timeout(soak ? 3_600_000 : 120_000);
    const model = new ConntrackModel(true);
    const random = new Random(seed);
    const corpus = [...parsingRows, ...modeRows, ...errorAndFragmentRows].map((row) => row.packet);
    for (let done = 0; done < PACKETS; done += 500) {
      const packets = Array.from({ length: 500 }, () => mutate(random.pick(corpus), random)).filter(isBuffer);
      const results = await tc.runner.runAll(packets);
      results.forEach((result, index) => {
        assert.equal(result.verdict, NEXT);
        assert.ok(result.packet.equals(packets[index]!), "the packet was changed");
        model.run(packets[index]!);
      });
    }
    assert.deepEqual(
      await readCounters(tc.runner),
      Object.fromEntries(COUNTERS.map((name) => [name, model.counters.get(name) ?? 0])),
    );
    if (model.flows.size < 30_000) assert.deepEqual(await readFlows(tc.runner), model.flows);
  });
});
