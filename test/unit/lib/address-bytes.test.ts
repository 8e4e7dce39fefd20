import assert from "node:assert/strict";
import { addressBytes, macBytes } from "../../../lib/src/address-bytes";

describe("addressBytes", () => {
  const cases: readonly [text: string, hex: string][] = [
    ["198.18.0.1", "c6120001"],
    ["255.255.255.255", "ffffffff"],
    ["::", "0".repeat(32)],
    ["::1", `${"0".repeat(31)}1`],
    ["2001:2::", "20010002000000000000000000000000"],
    ["2001:2:0:1::30", "20010002000000010000000000000030"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["::ffff:198.18.0.1", "00000000000000000000ffffc6120001"],
    ["FE80::ABCD", "fe80000000000000000000000000abcd"],
  ];
  for (const [text, hex] of cases) {
    it(text, () => assert.equal(addressBytes(text).toString("hex"), hex));
  }

  for (const text of ["", "198.18.0", "198.18.0.256", "1::2::3", "fe80::1%eth0", "example.org"]) {
    it(`refuses "${text}"`, () =>
      assert.throws(() => addressBytes(text), /neither an IPv4 nor an IPv6 address/));
  }
});

describe("macBytes", () => {
  it("reads six pairs of digits", () =>
    assert.equal(macBytes("02:00:5e:10:00:Ff").toString("hex"), "02005e1000ff"));

  for (const text of ["", "02:00:5e:10:00", "02-00-5e-10-00-01", "02:00:5e:10:00:0g", "2:0:5e:10:0:1"]) {
    it(`refuses "${text}"`, () => assert.throws(() => macBytes(text), /is no MAC address/));
  }
});
