import assert from "node:assert/strict";
import fc from "fast-check";
import {
  cidrFault,
  cidrSize,
  contains,
  formatCidr,
  formatIpv4,
  gatewayOf,
  lastAddress,
  overlaps,
  parseCidr,
  parseIpv4,
  type Cidr,
} from "../../../lib/src/cidr";

const address = fc.integer({ min: 0, max: 0xffffffff });
const prefix = fc.integer({ min: 0, max: 32 });
const cidr: fc.Arbitrary<Cidr> = fc
  .tuple(address, prefix)
  .map(([any, length]) => ({ base: any - (any % 2 ** (32 - length)), prefix: length }));

describe("IPv4 addresses", () => {
  it("read back what they wrote", () => {
    fc.assert(fc.property(address, (number) => parseIpv4(formatIpv4(number)) === number));
  });

  it("have one spelling: what is read is written the same", () => {
    const part = fc.oneof(
      fc.nat(300).map(String),
      fc.constantFrom("", "00", "01", " 1", "1 ", "-1", "0x1", "1e1"),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 3, maxLength: 5 }), (parts) => {
        const text = parts.join(".");
        const number = parseIpv4(text);
        return number === undefined || formatIpv4(number) === text;
      }),
    );
  });

  it("are ordered as their octets are", () => {
    const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(
        octets,
        (list) => parseIpv4(list.join(".")) === list.reduce((sum, octet) => sum * 256 + octet, 0),
      ),
    );
  });

  it("refuse numbers that are none", () => {
    for (const number of [-1, 2 ** 32, 0.5, Number.NaN]) assert.throws(() => formatIpv4(number), RangeError);
  });
});

describe("IPv4 networks", () => {
  it("read back what they wrote", () => {
    fc.assert(fc.property(cidr, (network) => assert.deepEqual(parseCidr(formatCidr(network)), network)));
  });

  it("propose, for an address with host bits, the network that holds it", () => {
    fc.assert(
      fc.property(address, prefix, (number, length) => {
        const fault = cidrFault(`${formatIpv4(number)}/${String(length)}`);
        if (fault === undefined) return number % 2 ** (32 - length) === 0;
        const proposed = parseCidr(/did you mean (\S+)$/.exec(fault)?.[1] ?? "");
        return proposed.prefix === length && contains(proposed, number);
      }),
    );
  });

  it("contain exactly the addresses from first to last", () => {
    fc.assert(
      fc.property(cidr, address, (network, number) => {
        const inside = Math.floor(number / cidrSize(network)) === network.base / cidrSize(network);
        return contains(network, number) === inside && contains(network, lastAddress(network));
      }),
    );
  });

  it("overlap when one holds the other's ends, both ways round", () => {
    fc.assert(
      fc.property(cidr, cidr, (a, b) => {
        const shared = Math.max(a.base, b.base) <= Math.min(lastAddress(a), lastAddress(b));
        return overlaps(a, b) === shared && overlaps(b, a) === shared;
      }),
    );
  });

  it("overlap themselves and every network around them", () => {
    fc.assert(
      fc.property(cidr, prefix, (network, length) => {
        const around = Math.min(length, network.prefix);
        const base = network.base - (network.base % 2 ** (32 - around));
        return overlaps(network, { base, prefix: around });
      }),
    );
  });

  it("have their gateway first", () => {
    assert.equal(formatIpv4(gatewayOf(parseCidr("198.18.10.0/24"))), "198.18.10.1");
  });

  it("refuse other spellings", () => {
    for (const text of [
      "",
      "/",
      "10.0.0.0",
      "10.0.0.0/",
      "10.0.0.0/33",
      "10.0.0.0/08",
      "10.0.0/8",
      "10.0.0.0/8/8",
      "::/0",
    ]) {
      assert.match(cidrFault(text) ?? "", /is not an IPv4 network/, text);
      assert.throws(() => parseCidr(text), /is not an IPv4 network/, text);
    }
  });
});
