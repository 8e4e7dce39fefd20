import assert from "node:assert/strict";
import { decodeEvent, eventLine, eventsJson } from "../../../cli/commands/events";
import { LSM_RECORD } from "../../../lib/src/lsm-events";
import { decodePacketEvent } from "../../../lib/src/packet-events";

/** struct packet_event with a guard's drop of a SYN. */
function record(changes: (bytes: Buffer) => void = () => undefined): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.writeBigUInt64LE(12_500_000_000n, 0);
  bytes.writeUInt32LE(3, 8);
  bytes.writeUInt32LE(60, 12);
  bytes.writeUInt32LE(10, 16);
  bytes.set([1, 1, 5, 6], 20);
  bytes.set([198, 18, 0, 30], 24);
  bytes.set([198, 18, 0, 10], 40);
  bytes.writeUInt16BE(40_000, 56);
  bytes.writeUInt16BE(80, 58);
  bytes.set([4, 2], 60);
  changes(bytes);
  return bytes;
}

describe("packet events", () => {
  it("say what the guard did with which packet", () => {
    assert.deepEqual(decodePacketEvent(record()), {
      time: 12.5,
      ifindex: 3,
      length: 60,
      sample: 10,
      hook: "xdp",
      reason: "denied",
      verdict: "drop",
      protocol: 6,
      source: "198.18.0.30",
      dest: "198.18.0.10",
      sourcePort: 40_000,
      destPort: 80,
      flags: 2,
    });
    assert.equal(
      eventLine(decodeEvent(record())),
      "     12.500000 xdp interface 3 drop denied tcp 198.18.0.30:40000 > 198.18.0.10:80 60 bytes, one of 10",
    );
  });

  it("speak of flows at the hooks of TC, and of IPv6", () => {
    const event = decodePacketEvent(
      record((bytes) => {
        bytes.set([3, 0, 1, 17], 20);
        bytes.fill(0, 24, 56);
        bytes.set([0x20, 0x01], 24);
        bytes.writeUInt8(1, 39);
        bytes.writeUInt8(6, 60);
      }),
    );
    assert.deepEqual([event.hook, event.verdict, event.reason], ["tc-egress", "ok", "new"]);
    assert.equal(event.source, "2001:0:0:0:0:0:0:1");
  });

  it("have no addresses when the packet is not IP", () => {
    const event = decodePacketEvent(record((bytes) => bytes.writeUInt8(0, 60)));
    assert.equal("source" in event, false);
    assert.match(eventLine(event), / tcp -:40000 > -:80 /);
  });

  it("are told from those of the security hooks by their length, and refused otherwise", () => {
    const lsm = Buffer.alloc(LSM_RECORD);
    lsm.writeBigUInt64LE(7n, 8);
    lsm.writeUInt16LE(1, 28);
    lsm.write("wget", 32);
    lsm.write("/usr/bin/wget", 48);
    assert.match(eventLine(decodeEvent(lsm)), / audit exec rule 0 wget\[0\] uid 0 \/usr\/bin\/wget$/);
    assert.match(eventsJson([decodeEvent(lsm)]), /"cgroup": "7"/);
    assert.throws(() => decodeEvent(Buffer.alloc(63)), /63 bytes are no packet event/);
    assert.throws(() => decodeEvent(record((bytes) => bytes.writeUInt8(9, 20))), RangeError);
  });
});
