import assert from "node:assert/strict";
import fc from "fast-check";
import { interfaceName, isHostLabel, isInterfaceName, isMapName, shortName } from "../../../lib/src/names";
import { nearest, typingDistance } from "../../../lib/src/nearest";

const letter = fc.constantFrom(...Array.from("abcdefghijklmnopqrstuvwxyz0123456789"));
const label = fc.array(letter, { minLength: 1, maxLength: 40 }).map((letters) => letters.join(""));
const word = fc.string({ maxLength: 12 });

describe("shortName", () => {
  it("keeps what fits, and fits what does not", () => {
    fc.assert(
      fc.property(
        fc.array(label, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 8, max: 63 }),
        (parts, limit) => {
          const name = shortName(parts, limit);
          const whole = parts.join("-");
          return name.length <= limit && isHostLabel(name) && (whole.length > limit || name === whole);
        },
      ),
    );
  });

  it("tells two long names apart that begin alike", () => {
    fc.assert(
      fc.property(label, label, (a, b) => {
        const start = "x".repeat(60);
        return a === b || shortName([start, a], 63) !== shortName([start, b], 63);
      }),
    );
  });

  it("makes interface names that the kernel takes", () => {
    fc.assert(fc.property(label, label, (stack, node) => isInterfaceName(interfaceName(stack, node))));
  });

  it("refuses a limit that holds no hash", () => {
    assert.throws(() => shortName(["abcdefgh"], 7), RangeError);
  });
});

describe("names", () => {
  it("of hosts are RFC 1123 labels", () => {
    for (const good of ["a", "0", "a-b", "a".repeat(63)]) assert.ok(isHostLabel(good), good);
    for (const bad of ["", "-a", "a-", "A", "a_b", "a.b", "a".repeat(64)]) assert.ok(!isHostLabel(bad), bad);
  });

  it("of interfaces have 1 to 15 characters", () => {
    for (const good of ["host0", "eth0.100", "a".repeat(15)]) assert.ok(isInterfaceName(good), good);
    for (const bad of ["", ".", "..", "a/b", "a b", "a:b", "a".repeat(16)])
      assert.ok(!isInterfaceName(bad), bad);
  });

  it("of maps have 1 to 15 characters", () => {
    assert.ok(isMapName("a".repeat(15)));
    for (const bad of ["", "1a", "a-b", "a".repeat(16)]) assert.ok(!isMapName(bad), bad);
  });
});

describe("nearest", () => {
  it("counts typing slips: a metric as far as a person sees", () => {
    fc.assert(fc.property(word, (a) => typingDistance(a, a) === 0));
    fc.assert(fc.property(word, word, (a, b) => typingDistance(a, b) === typingDistance(b, a)));
    fc.assert(fc.property(word, word, (a, b) => typingDistance(a, b) >= Math.abs(a.length - b.length)));
    assert.equal(typingDistance("egde", "edge"), 1);
    assert.equal(typingDistance("kitten", "sitting"), 3);
  });

  it("proposes the word of one slip, and nothing for a stranger", () => {
    assert.equal(nearest("nods", ["network", "nodes", "bpf"]), "nodes");
    assert.equal(nearest("loadbalancer", ["loadBalancer"]), "loadBalancer");
    assert.equal(nearest("zebra", ["network", "nodes", "bpf"]), undefined);
    assert.equal(nearest("a", []), undefined);
  });
});
