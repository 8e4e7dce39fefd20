import assert from "node:assert/strict";
import fc from "fast-check";
import { isAtLeast, parseVersion } from "../../../../cli/engine/version";

describe("engine versions", () => {
  const cases: [found: string, wanted: string, enough: boolean][] = [
    ["v3.253.0", "3.200.0", true],
    ["3.200.0", "3.200.0", true],
    ["3.199.9", "3.200.0", false],
    ["4.0.0", "3.200.0", true],
    ["3.200.0-alpha.1", "3.200.0", false],
    ["3.201.0-alpha.1", "3.200.0", true],
    ["3.200.0+dirty", "3.200.0", true],
    ["go1.26.8", "1.25.11", true],
    ["go1.25", "1.25.11", false],
    ["go1.26rc1", "1.26", false],
    ["", "3.200.0", false],
    ["command not found", "3.200.0", false],
  ];
  for (const [found, wanted, enough] of cases) {
    it(`takes "${found}" for ${wanted}: ${enough}`, () => assert.equal(isAtLeast(found, wanted), enough));
  }

  it("refuses a wanted version that is none", () =>
    assert.throws(() => isAtLeast("1.0.0", "new"), /not a version/));

  it("orders releases by their numbers", () => {
    const numbers = fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50));
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const order = a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
        assert.equal(isAtLeast(a.join("."), b.join(".")), order >= 0);
        assert.deepEqual(parseVersion(`v${a.join(".")}`)?.numbers, a);
      }),
    );
  });
});
