import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { binomialTail, mannWhitney, ratioOfMeans } from "@ebpf-platform/lib/rollout";

interface Reference {
  /** Made by statistics-vectors.py beside it. */
  readonly mannWhitney: readonly { name: string; x: number[]; y: number[]; u: number; p: number }[];
  readonly binomial: readonly { errors: number; requests: number; rate: number; tail: number }[];
}
const fixture = join(__dirname, "..", "..", "..", "fixtures", "rollout", "statistics.json");
const reference = JSON.parse(readFileSync(fixture, "utf8")) as Reference;

describe("the statistics of gates", () => {
  it("agree with scipy on the Mann-Whitney test to 1e-6, ties and constants included", () => {
    assert.ok(reference.mannWhitney.length >= 45);
    for (const { name, x, y, u, p } of reference.mannWhitney) {
      const found = mannWhitney(x, y);
      assert.equal(found.u, u, name);
      assert.ok(Math.abs(found.p - p) < 1e-6, `${name}: ${found.p} and scipy ${p}`);
    }
  });

  it("agree with scipy on binomial tails to nine digits", () => {
    assert.ok(reference.binomial.length >= 70);
    for (const { errors, requests, rate, tail } of reference.binomial) {
      const found = binomialTail(errors, requests, rate);
      const allowed = Math.max(tail * 1e-9, 1e-15) * Math.max(1, requests / 1e5);
      assert.ok(
        Math.abs(found - tail) <= allowed,
        `${errors} of ${requests} at ${rate}: ${found} and ${tail}`,
      );
    }
  });

  it("fail at once where the guide's numbers say so: 5 of 100, 9 of 300, 12 of 500, 19 of 1000", () => {
    for (const [n, k] of [
      [100, 5],
      [300, 9],
      [500, 12],
      [1000, 19],
    ] as const) {
      assert.ok(binomialTail(k, n, 0.01) < 0.01, `${k} of ${n}`);
      assert.ok(binomialTail(k - 1, n, 0.01) >= 0.01, `${k - 1} of ${n}`);
    }
  });

  it("keep what must hold for any numbers", () => {
    const sample = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sample, sample, (x, y) => {
        const [there, back] = [mannWhitney(x, y), mannWhitney(y, x)];
        assert.ok(Math.abs(there.u + back.u - x.length * y.length) < 1e-6);
        assert.ok(Math.abs(there.p - back.p) < 1e-9);
        assert.ok(there.p >= 0 && there.p <= 1 && Math.abs(there.effect) <= 1);
      }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.nat(5000),
        fc.double({ min: 0.001, max: 0.5, noNaN: true }),
        (n, k, p) => {
          const tail = binomialTail(k, n, p);
          assert.ok(tail >= 0 && tail <= 1);
          assert.ok(binomialTail(k + 1, n, p) <= tail + 1e-12);
        },
      ),
    );
    assert.equal(ratioOfMeans([2, 4], [1, 2]), 2);
    assert.equal(ratioOfMeans([2, 4], [0, 0]), undefined);
  });
});
