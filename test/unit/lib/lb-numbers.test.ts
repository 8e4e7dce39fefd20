import assert from "node:assert/strict";
import fc from "fast-check";
import { assignNumbers, MAX_REALS, MAX_VIPS, type LbNumbers } from "../../../lib/src/lb-numbers";

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 30 });

describe("assignNumbers", () => {
  it("gives every VIP and backend one number, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(names, names), { minLength: 1, maxLength: 6 }), (changes) => {
        let numbers: LbNumbers | undefined;
        for (const [vips, backends] of changes) {
          numbers = assignNumbers(vips, backends, numbers);
          assert.deepEqual(numbers.vips.filter((name) => name !== null).sort(), [...vips].sort());
          const placed = numbers.reals.flatMap(({ backend }) => (backend === null ? [] : [backend]));
          assert.deepEqual(placed.sort(), [...backends].sort());
        }
      }),
    );
  });

  it("lets whoever stays keep number and generation", () => {
    fc.assert(
      fc.property(names, names, names, names, (vips, backends, nextVips, nextBackends) => {
        const before = assignNumbers(vips, backends);
        const after = assignNumbers(nextVips, nextBackends, before);
        before.vips.forEach((name, index) => {
          if (name !== null && nextVips.includes(name)) assert.equal(after.vips[index], name);
        });
        before.reals.forEach((real, id) => {
          if (real.backend !== null && nextBackends.includes(real.backend))
            assert.deepEqual(after.reals[id], real);
        });
      }),
    );
  });

  it("gives a real id that changes hands another generation, even after a pause", () => {
    fc.assert(
      fc.property(names, names, fc.boolean(), (first, second, pause) => {
        const before = assignNumbers([], first);
        const between = pause ? assignNumbers([], [], before) : before;
        const after = assignNumbers([], second, between);
        after.reals.forEach(({ backend, generation }, id) => {
          const old = before.reals[id];
          if (backend !== null && old && (pause || old.backend !== backend))
            assert.notEqual(generation, old.generation);
        });
      }),
    );
  });

  it("survives being stored as JSON", () => {
    const numbers = assignNumbers(["v"], ["a", "b"]);
    const stored = JSON.parse(JSON.stringify(numbers)) as LbNumbers;
    assert.deepEqual(assignNumbers(["v"], ["b", "c"], stored), assignNumbers(["v"], ["b", "c"], numbers));
  });

  it("refuses names used twice and more than the maps hold", () => {
    assert.throws(() => assignNumbers(["a", "a"], []), /names "a" twice/);
    const many = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));
    assert.throws(() => assignNumbers(many(MAX_VIPS + 1), []), /can hold 1024 VIPs, not 1025/);
    assert.throws(() => assignNumbers([], many(MAX_REALS + 1)), /can hold 8192 backends, not 8193/);
  });
});
