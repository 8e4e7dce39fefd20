import assert from "node:assert/strict";
import { soak, seed } from "../support/seed";
import { errorAndFragmentRows } from "./packets/errors-and-fragments";
import { modeRows } from "./packets/modes";
import { parsingRows } from "./packets/parsing";
import { LbModel } from "./support/lb-model";
import { REASONS } from "./support/lb-model-parse";
import { SETTINGS, startLb, VIPS } from "./support/lb-world";
import { Random } from "./support/random";
import { mutate } from "./support/mutate";
import { withRunner } from "./support/with-runner";

/** Packets per run: a sample in `npm test`, a million and more in a soak run. */
const PACKETS = soak ? 1_200_000 : 40_000;
const BATCH = 500;

describe("xdp_lb against its model", () => {
  const lb = withRunner(async () => (await startLb()).runner);

  it(`agrees on verdict and bytes of ${PACKETS} mutated packets (seed ${seed})`, async function () {
    this.timeout(soak ? 3_600_000 : 120_000);
    const { runner } = lb;
    const model = new LbModel(VIPS, SETTINGS);
    const random = new Random(seed);
    const corpus = [...parsingRows, ...modeRows, ...errorAndFragmentRows].flatMap(
      ({ before = [], packet }) => [...before, packet],
    );

    for (let done = 0; done < PACKETS; done += BATCH) {
      const packets = Array.from({ length: BATCH }, () => mutate(random.pick(corpus), random));
      const results = await runner.runAll(packets);
      results.forEach(({ verdict, packet }, index) => {
        const wanted = model.run(packets[index]!);
        if (verdict === wanted.verdict && packet.equals(wanted.packet)) return;
        assert.deepEqual(
          { verdict, packet: packet.toString("hex") },
          { verdict: wanted.verdict, packet: wanted.packet.toString("hex") },
          `seed ${seed}, packet ${done + index} (${wanted.reason ?? "sent"}): ${packets[index]!.toString("hex")}`,
        );
      });
    }
    for (const [index, reason] of REASONS.entries()) {
      assert.equal(
        await runner.count("reasons", index),
        model.reasons.get(reason) ?? 0,
        `packets counted as ${reason}`,
      );
    }
  });
});
