import { addressText } from "./address-text";

/** One verdict that a program reported: struct packet_event of bpf/include/events_maps.h. */
export interface PacketEvent {
  /** Seconds since the node's boot. */
  readonly time: number;
  readonly ifindex: number;
  /** Bytes of the IP packet; 0 when it is none. */
  readonly length: number;
  /** The event stands for so many packets. */
  readonly sample: number;
  readonly hook: "xdp" | "tc-ingress" | "tc-egress";
  /** Why, in the program's own words. */
  readonly reason: string;
  readonly verdict: string;
  /** IANA number of the transport protocol. */
  readonly protocol: number;
  /** Absent when the packet is not IP. */
  readonly source?: string;
  readonly dest?: string;
  /** 0 without TCP or UDP. */
  readonly sourcePort: number;
  readonly destPort: number;
  /** TCP flags as in the header. */
  readonly flags: number;
}

/** Bytes of a record. */
export const PACKET_EVENT = 64;

const HOOKS = [undefined, "xdp", "tc-ingress", "tc-egress"] as const;
/** enum xdp_action of linux/bpf.h. */
const XDP_VERDICTS = ["aborted", "drop", "pass", "tx", "redirect"];
/** enum guard_reason of bpf/include/guard_maps.h: of the XDP programs only the guard reports. */
export const GUARD_REASONS = [
  "passed",
  "not-ip",
  "malformed",
  "unsupported",
  "dns-malformed",
  "denied",
  "source-rate",
  "dns-rate",
  "dns-label",
];
/** enum conntrack_counter of bpf/include/conntrack_maps.h: what tc_flow made of a packet. */
export const FLOW_OUTCOMES = [
  "tracked",
  "new",
  "full",
  "fragment",
  "other",
  "not-ip",
  "malformed",
  "unsupported",
];

/** Reads a record of the ring buffer `events`. Throws RangeError when it is not one. */
export function decodePacketEvent(bytes: Buffer): PacketEvent {
  const hook = bytes.length === PACKET_EVENT ? HOOKS[bytes.readUInt8(20)] : undefined;
  if (hook === undefined)
    throw new RangeError(
      `${bytes.length} bytes are no packet event of this release; use loader and program of one release.`,
    );
  const family = bytes.readUInt8(60);
  const source = addressText(family, bytes.subarray(24, 40));
  const dest = addressText(family, bytes.subarray(40, 56));
  const reason = bytes.readUInt8(22);
  const verdict = bytes.readUInt8(21);
  return {
    time: Number(bytes.readBigUInt64LE(0)) / 1e9,
    ifindex: bytes.readUInt32LE(8),
    length: bytes.readUInt32LE(12),
    sample: bytes.readUInt32LE(16),
    hook,
    reason: (hook === "xdp" ? GUARD_REASONS : FLOW_OUTCOMES)[reason] ?? String(reason),
    verdict: (hook === "xdp" ? XDP_VERDICTS[verdict] : undefined) ?? (verdict === 0 ? "ok" : String(verdict)),
    protocol: bytes.readUInt8(23),
    ...(source !== undefined && { source }),
    ...(dest !== undefined && { dest }),
    sourcePort: bytes.readUInt16BE(56),
    destPort: bytes.readUInt16BE(58),
    flags: bytes.readUInt8(61),
  };
}
