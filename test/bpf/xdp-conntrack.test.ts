import assert from "node:assert/strict";
import { seed, soak } from "../support/seed";
import { errorAndFragmentRows } from "./packets/errors-and-fragments";
import { modeRows } from "./packets/modes";
import { parsingRows } from "./packets/parsing";
import { ConntrackModel, COUNTERS } from "./support/conntrack-model";
import { ACK, FIN, frame, SYN } from "./support/frames";
import { mutate } from "./support/mutate";
import { Random } from "./support/random";
import { XDP } from "./support/runner";
import { conntrackTable, tcp4, withTracker } from "./tables/conntrack";

describe("xdp_conntrack", () => {
  describe("packet by packet", conntrackTable);

  const { tracker, flows, counters, only } = withTracker();

  it("adds up what several CPUs have seen", async () => {
    await tracker.runner.run(frame({ ...tcp4, flags: SYN }));
    await tracker.runner.useCpu(1);
    await tracker.runner.run(frame({ ...tcp4, flags: FIN | ACK }));
    await tracker.runner.useCpu(0);
    const flow = await only();
    assert.deepEqual([flow.packets, flow.bytes], [2, 80]);
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
