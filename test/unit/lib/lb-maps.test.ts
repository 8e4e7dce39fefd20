import assert from "node:assert/strict";
import { encodeLbMaps, vipIdentity, type LbBackend, type LbVip } from "../../../lib/src/lb-maps";
import { RING_SIZE } from "../../../lib/src/maglev";

const backend: LbBackend = { name: "backend-1", address: "198.18.0.21", mac: "02:00:00:00:00:21", weight: 1 };
const vip: LbVip = {
  address: "198.18.0.100",
  port: 80,
  protocol: "tcp",
  mode: "dsr-l2",
  backends: [backend],
};

function file(name: string, vips: readonly LbVip[], settings = {}): string {
  return encodeLbMaps(vips, settings).files.get(name)!.toString("hex");
}

describe("encodeLbMaps", () => {
  it("writes reals before rings, and rings before the VIPs that use them", () => {
    assert.deepEqual(
      [...encodeLbMaps([vip]).files.keys()],
      ["settings", "reals", "rings", "server_ids", "vips4", "vips6"],
    );
  });

  it("writes a VIP and the entry for its fragments", () => {
    const value = "0000" + "0000" + "00" + "00" + "0000";
    assert.equal(file("vips4", [vip]), `c612006400500600${value}c612006400000600${value}`);
    assert.equal(file("vips6", [vip]), "");
  });

  it("writes IPv6 VIPs, modes and flags", () => {
    const six: LbVip = {
      ...vip,
      address: "2001:2::1",
      mode: "dsr-ipip",
      protocol: "udp",
      stateless: true,
      hashSource: true,
      quic: true,
    };
    const entry = (port: string): string => `20010002000000000000000000000001${port}11000100010001070000`;
    assert.equal(file("vips6", [vip, six]), entry("0050") + entry("0000"));
    assert.equal(file("vips4", [{ ...vip, mode: "nat" }]).slice(16, 32), "0000000002000000");
  });

  it("gives fragments to the VIP with the lowest port of an address and protocol", () => {
    const vips = [{ ...vip, port: 443 }, vip, { ...vip, protocol: "udp" as const, port: 53 }];
    const records = file("vips4", vips).match(/.{32}/g)!;
    const fragments = records.filter((record) => record.slice(8, 12) === "0000");
    assert.deepEqual(
      fragments.map((record) => [record.slice(12, 14), record.slice(16, 20)]),
      [
        ["11", "0200"],
        ["06", "0100"],
      ],
    );
  });

  it("writes a backend's address, MAC, port, generation and state", () => {
    const { files, numbers } = encodeLbMaps([
      {
        ...vip,
        mode: "nat",
        backends: [
          { ...backend, port: 8080 },
          { ...backend, name: "b", down: true },
        ],
      },
    ]);
    const [first, second] = files.get("reals")!.toString("hex").match(/.{72}/g)!;
    const generation = (id: number): string => {
      const value = numbers.reals[id]!.generation;
      return Buffer.from([value & 255, value >> 8]).toString("hex");
    };
    assert.equal(first, `00000000c6120015${"0".repeat(24)}0200000000211f90${generation(0)}010400000000`);
    assert.equal(second, `01000000c6120015${"0".repeat(24)}0200000000210050${generation(1)}000400000000`);
  });

  it("writes a ring as one record of a map of maps", () => {
    const bytes = encodeLbMaps([vip]).files.get("rings")!;
    assert.equal(bytes.length, 12 + 2 * (RING_SIZE + 1));
    assert.equal(bytes.subarray(0, 12).toString("hex"), "000000000100000000000000");
    assert.ok(
      bytes.subarray(12).every((byte) => byte === 0),
      "the only backend has the id 0",
    );
  });

  it("leaves drained and dead backends out of the ring, and says so when none is left", () => {
    const backends = [
      { ...backend, weight: 0 },
      { ...backend, name: "b", down: true },
    ];
    const bytes = encodeLbMaps([{ ...vip, backends }]).files.get("rings")!;
    assert.ok(bytes.subarray(12, -2).every((byte) => byte === 0xff));
  });

  it("writes settings", () => {
    const settings = {
      hashSeed: 0x0102030405060708n,
      tunnel4: "198.18.0.10",
      tunnel6: "2001:2::10",
      udpIdleSeconds: 30,
      flowRate: 125_000,
      synRate: 1000,
      synAction: "drop" as const,
    };
    const expected =
      "00000000" +
      "0807060504030201" +
      "c612000a" +
      "20010002000000000000000000000010" +
      "1c000000" +
      "48e80100" +
      "e8030000" +
      "01000000";
    assert.equal(file("settings", [vip], settings), `${expected}00000000`);
    assert.equal(file("settings", [{ ...vip, mode: "nat" }], settings), `${expected}01000000`);
  });

  it("writes QUIC server ids under their VIP", () => {
    const backends = [backend, { ...backend, name: "b", serverId: 0x0102 }];
    assert.equal(file("server_ids", [{ ...vip, protocol: "udp", quic: true, backends }]), "0000010201000000");
  });

  it("keeps numbers over a change", () => {
    const before = encodeLbMaps([vip]);
    const other: LbVip = { ...vip, port: 81, backends: [{ ...backend, name: "new" }] };
    const { numbers } = encodeLbMaps([other, vip], {}, before.numbers);
    assert.deepEqual(numbers.vips, [vipIdentity(vip), vipIdentity(other)]);
    assert.deepEqual(numbers.reals[0], before.numbers.reals[0]);
  });

  it("refuses nat between address families, and says what works", () => {
    const mixed: LbVip = { ...vip, mode: "nat", backends: [{ ...backend, address: "2001:2::21" }] };
    assert.throws(
      () => encodeLbMaps([mixed]),
      /VIP 198.18.0.100:80\/tcp: mode nat .* backend-1 at 2001:2::21 .* use dsr-ipip/,
    );
  });
});
