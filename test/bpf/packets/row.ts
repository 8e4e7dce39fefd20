import { BALANCER_MAC, ethernet, frame, ipv4, ipv6, type FrameSpec } from "../support/frames";
import type { Reason } from "../support/lb-model-parse";
import { mac, TUNNEL4, TUNNEL6 } from "../support/lb-world";

/** One packet of a table, and what must become of it. */
export interface Row {
  readonly name: string;
  readonly packet: Buffer;
  readonly expect: { readonly tx: Buffer } | { readonly pass: Reason } | { readonly drop: Reason };
  /** Packets that run first, in a balancer that has seen nothing else. */
  readonly before?: readonly Buffer[];
}

/** The MAC addresses of a frame that the balancer sends to backend n. */
export function sentTo(n: number): { dstMac: string; srcMac: string } {
  return { dstMac: mac(n), srcMac: BALANCER_MAC };
}

/** A frame and the same frame with the MAC addresses towards backend n: mode dsr-l2. */
export function l2(name: string, spec: FrameSpec, n: number): Row {
  return { name, packet: frame(spec), expect: { tx: frame({ ...spec, ...sentTo(n) }) } };
}

export function pass(name: string, packet: Buffer, reason: Reason): Row {
  return { name, packet, expect: { pass: reason } };
}

/** The bytes of a frame from its IP header on. */
export function inside(packet: Buffer, l2Length = 14): Buffer {
  return packet.subarray(l2Length);
}

/** A frame and the same one in an outer IPv4 header to `to`. */
export function ipipOver4(name: string, spec: FrameSpec, to: string, n: number): Row {
  const packet = frame(spec);
  const v6 = spec.to.includes(":");
  const inner = inside(packet, 14 + 4 * (spec.vlans ?? []).length);
  const outer = {
    from: TUNNEL4,
    to,
    proto: v6 ? 41 : 4,
    tos: spec.tos ?? 0,
    id: v6 ? 0 : (spec.id ?? 0x1234),
    df: v6 ? true : (spec.df ?? true),
  };
  return { name, packet, expect: { tx: ethernet({ ...spec, ...sentTo(n) }, 0x0800, ipv4(outer, inner)) } };
}

/** A frame and the same one in an outer IPv6 header to `to`; the flow label is the client's port, as it lies in the packet. */
export function ipipOver6(
  name: string,
  spec: FrameSpec,
  to: string,
  n: number,
  port = spec.sport ?? 40000,
): Row {
  const packet = frame(spec);
  const inner = inside(packet, 14 + 4 * (spec.vlans ?? []).length);
  const label = ((port & 255) << 8) | (port >> 8);
  const outer = { from: TUNNEL6, to, proto: spec.to.includes(":") ? 41 : 4, tos: spec.tos ?? 0, label };
  return { name, packet, expect: { tx: ethernet({ ...spec, ...sentTo(n) }, 0x86dd, ipv6(outer, inner)) } };
}
