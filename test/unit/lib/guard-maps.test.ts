import assert from "node:assert/strict";
import fc from "fast-check";
import { contains, formatCidr, parseCidr } from "../../../lib/src/cidr";
import { encodeGuardMaps, MAX_DENIED } from "../../../lib/src/guard-maps";
import { holds, parsePrefix, prefixFault } from "../../../lib/src/prefix";

describe("prefixes", () => {
  const faults: [string, RegExp | undefined][] = [
    ["203.0.113.0/24", undefined],
    ["2001:db8::/32", undefined],
    ["::/0", undefined],
    ["2001:db8::1/128", undefined],
    ["2001:db8::1/127", /host bits set after the first 127 bits/],
    ["2001:db8::/129", /no IPv6 network|not an IPv6 network/],
    ["2001:db8::", /not an IPv6 network; write it like 2001:db8::\/32/],
    ["2001:db8:::/32", /not an IPv6 network/],
    ["fe80::%eth0/64", /not an IPv6 network/],
    ["203.0.113.1/24", /host bits set; did you mean 203\.0\.113\.0\/24/],
    ["203.0.113.0", /not an IPv4 network/],
  ];
  for (const [text, fault] of faults) {
    it(`${text}: ${fault === undefined ? "is one" : String(fault)}`, () => {
      if (fault === undefined) assert.equal(prefixFault(text), undefined);
      else assert.match(prefixFault(text) ?? "", fault);
    });
  }

  it("agree with the arithmetic of IPv4 networks on every address", () => {
    const address = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), address, (base, prefix, other) => {
        const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
        const text = formatCidr({ base: (base & mask) >>> 0, prefix });
        const dotted = [24, 16, 8, 0].map((shift) => (other >>> shift) & 255).join(".");
        assert.equal(holds(parsePrefix(text), dotted), contains(parseCidr(text), other));
      }),
    );
  });

  it("hold no address of the other family", () => {
    assert.equal(holds(parsePrefix("::/0"), "192.0.2.1"), false);
    assert.equal(holds(parsePrefix("2001:db8::/33"), "2001:db8:7fff::1"), true);
    assert.equal(holds(parsePrefix("2001:db8::/33"), "2001:db8:8000::1"), false);
  });
});

describe("encodeGuardMaps", () => {
  it("writes the settings last, as the data plane's intervals", () => {
    const files = encodeGuardMaps(
      { deny: ["::/1"], sourceRate: 3, dns: { labelMax: 40, rate: 50 }, sample: 7 },
      true,
    );
    assert.deepEqual([...files.keys()], ["deny4", "deny6", "settings"]);
    const settings = files.get("settings")!;
    assert.equal(settings.readBigUInt64LE(4), 333_333_333n);
    assert.equal(settings.readBigUInt64LE(12), 20_000_000n);
    assert.deepEqual(
      [20, 24, 28, 32].map((at) => settings.readUInt32LE(at)),
      [1, 40, 7, 2],
    );
  });

  it("numbers rules by their place in the whole list", () => {
    const files = encodeGuardMaps(
      { deny: ["10.0.0.0/8", "2001:db8::/32", "192.0.2.0/24"], sample: 0 },
      false,
    );
    assert.equal(
      files.get("deny4")!.toString("hex"),
      "08000000" + "0a000000" + "00000000" + "18000000" + "c0000200" + "02000000",
    );
    assert.equal(files.get("deny6")!.readUInt32LE(20), 1);
  });

  it("refuses more rules than fit", () => {
    const deny = Array.from({ length: MAX_DENIED + 1 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
    assert.throws(
      () => encodeGuardMaps({ deny, sample: 0 }, false),
      /has 16385 entries, more than the 16384/,
    );
  });
});
