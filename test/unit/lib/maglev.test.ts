import assert from "node:assert/strict";
import fc from "fast-check";
import { soak } from "../../support/seed";
import {
  maglevRing,
  nameHash,
  NO_BACKEND,
  RING_SIZE,
  slotShares,
  type RingBackend,
} from "../../../lib/src/maglev";

function equalBackends(count: number): RingBackend[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `198.18.${index >> 8}.${index & 255}`,
    weight: 1,
  }));
}

/** At each slot the backend's name, so that rings of different lists can be compared. */
function named(backends: readonly RingBackend[], size?: number): (string | undefined)[] {
  return Array.from(maglevRing(backends, size), (index) => backends[index]?.name);
}

function slotsOf(ring: Int32Array, count: number): number[] {
  const slots = new Array<number>(count).fill(0);
  for (const index of ring) slots[index]! += 1;
  return slots;
}

function changed(before: readonly unknown[], after: readonly unknown[]): number {
  return before.filter((name, slot) => name !== after[slot]).length / before.length;
}

const weighted = fc.uniqueArray(
  fc.record({ name: fc.string({ minLength: 1, maxLength: 20 }), weight: fc.integer({ min: 0, max: 65535 }) }),
  { selector: ({ name }) => name, minLength: 1, maxLength: 40 },
);

describe("maglevRing", () => {
  it("gives each backend its weight's share to within one slot", () => {
    fc.assert(
      fc.property(weighted, (backends) => {
        const total = backends.reduce((sum, { weight }) => sum + weight, 0);
        const slots = slotsOf(maglevRing(backends), backends.length);
        backends.forEach(({ weight }, index) => {
          const exact = total === 0 ? 0 : (weight / total) * RING_SIZE;
          assert.ok(Math.abs(slots[index]! - exact) <= 1, `${slots[index]} slots instead of ${exact}`);
        });
      }),
      { numRuns: soak ? 500 : 40 },
    );
  }).timeout(600_000);

  it("balances 600 equal backends to within 1 % of each other's share", () => {
    const slots = slotsOf(maglevRing(equalBackends(600)), 600);
    const exact = RING_SIZE / 600;
    for (const count of slots) assert.ok(Math.abs(count - exact) / exact <= 0.01, `${count} slots`);
  });

  it("moves at most 1/N + 1 % of the slots when one of N backends leaves, for N up to 600", () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 2, max: 600 })
          .chain((count) => fc.tuple(fc.constant(count), fc.nat(count - 1), fc.nat(999))),
        ([count, leaving, salt]) => {
          const backends = equalBackends(count).map(({ name }) => ({ name: `${name}-${salt}`, weight: 1 }));
          const rest = backends.filter((_, index) => index !== leaving);
          const moved = changed(named(backends), named(rest));
          assert.ok(moved <= 1 / count + 0.01, `${moved} of the slots moved with ${count} backends`);
        },
      ),
      {
        numRuns: soak ? 1000 : 60,
        examples: [[[600, 0, 0]], [[600, 599, 1]], [[550, 17, 2]], [[2, 1, 3]], [[3, 0, 4]]],
      },
    );
  }).timeout(600_000);

  it("moves little more than the weight's share when a weighted backend leaves", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 2, maxLength: 200 }),
        fc.nat(1_000_000),
        (weights, choice) => {
          const backends = weights.map((weight, index) => ({ name: `backend-${index}`, weight }));
          const leaving = choice % backends.length;
          const share = weights[leaving]! / weights.reduce((sum, weight) => sum + weight, 0);
          const moved = changed(named(backends), named(backends.filter((_, index) => index !== leaving)));
          assert.ok(moved <= share + 0.01, `${moved} of the slots moved for a share of ${share}`);
        },
      ),
      { numRuns: soak ? 500 : 30 },
    );
  }).timeout(600_000);

  it("does not depend on the order of the list", () => {
    fc.assert(
      fc.property(
        weighted.chain((backends) =>
          fc.tuple(fc.constant(backends), fc.shuffledSubarray(backends, { minLength: backends.length })),
        ),
        ([backends, shuffled]) => assert.deepEqual(named(shuffled, 1009), named(backends, 1009)),
      ),
    );
  });

  it("is the same on every machine and in every version", () => {
    const ring = maglevRing([
      { name: "a", weight: 1 },
      { name: "b", weight: 2 },
      { name: "c", weight: 0 },
    ]);
    assert.deepEqual(
      Array.from(ring.subarray(0, 24)),
      [1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0],
    );
    assert.equal(nameHash("a", 0), 444641715);
  });

  it("leaves backends of weight 0 out, and the ring empty when there is no other", () => {
    const drained = maglevRing([
      { name: "a", weight: 0 },
      { name: "b", weight: 5 },
    ]);
    assert.ok(drained.every((index) => index === 1));
    assert.ok(maglevRing([{ name: "a", weight: 0 }]).every((index) => index === NO_BACKEND));
    assert.ok(maglevRing([]).every((index) => index === NO_BACKEND));
  });

  it("takes less than 200 ms for 600 backends", () => {
    maglevRing(equalBackends(600));
    const times = [1, 2, 3].map(() => {
      const start = process.cpuUsage();
      maglevRing(equalBackends(600));
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    assert.ok(Math.min(...times) < 200, `${Math.min(...times)} ms of CPU time`);
  });

  it("refuses what it cannot place, with the way out", () => {
    const twice = { name: "a", weight: 1 };
    assert.throws(() => maglevRing([twice, twice]), /has the backend "a" twice; give each/);
    for (const weight of [-1, 1.5, NaN, 65536]) {
      assert.throws(() => maglevRing([{ name: "a", weight }]), /must be a whole number from 0 to 65535/);
    }
    assert.throws(() => maglevRing(equalBackends(8), 7), /A ring of 7 slots cannot hold 8 backends/);
  });
});

describe("slotShares", () => {
  it("adds up to the size whenever a weight is above 0", () => {
    fc.assert(
      fc.property(weighted, fc.integer({ min: 41, max: 100_000 }), (backends, size) => {
        const shares = slotShares(backends, size);
        const sum = shares.reduce((total, share) => total + share, 0);
        assert.equal(sum, backends.some(({ weight }) => weight > 0) ? size : 0);
      }),
    );
  });
});
