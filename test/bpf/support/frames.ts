import { addressBytes, macBytes } from "../../../lib/src/address-bytes";

/** Builds Ethernet frames for the packet tables, with right lengths and checksums unless told otherwise. */

export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const ICMP6 = 58;
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const ACK = 0x10;

export interface IpSpec {
  readonly from: string;
  readonly to: string;
  readonly proto?: number;
  readonly tos?: number;
  readonly ttl?: number;
  /** IPv4: identification; IPv6 fragment header: identification. */
  readonly id?: number;
  readonly df?: boolean;
  /** IPv4 options, a multiple of 4 bytes. */
  readonly options?: Buffer;
  /** In bytes, a multiple of 8. */
  readonly offset?: number;
  readonly more?: boolean;
  /** IPv6 extension headers in order: protocol number and content after the next-header byte. */
  readonly extensions?: readonly (readonly [type: number, rest: Buffer])[];
  readonly label?: number;
}

export interface L4Spec {
  readonly sport?: number;
  readonly dport?: number;
  readonly flags?: number;
  readonly data?: Buffer;
  /** TCP options, a multiple of 4 bytes. */
  readonly tcpOptions?: Buffer;
  /** UDP: send without a checksum. */
  readonly noChecksum?: boolean;
}

export interface L2Spec {
  readonly srcMac?: string;
  readonly dstMac?: string;
  /** Tags from the outside in: the TCI, or TCI and the tag's own ethertype (default 0x8100). */
  readonly vlans?: readonly (number | readonly [tci: number, type: number])[];
  readonly ethertype?: number;
}

/** MAC addresses of the tests' client (or its router) and of the balancer. */
export const CLIENT_MAC = "02:00:00:00:00:c1";
export const BALANCER_MAC = "02:00:00:00:00:1b";

/** The Internet checksum of bytes (RFC 1071), on top of a partial sum. */
export function checksum(bytes: Buffer, start = 0): number {
  let sum = start;
  for (let i = 0; i < bytes.length; i++) sum += i % 2 === 0 ? bytes[i]! << 8 : bytes[i]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

export function ethernet(spec: L2Spec, ethertype: number, payload: Buffer): Buffer {
  const parts = [macBytes(spec.dstMac ?? BALANCER_MAC), macBytes(spec.srcMac ?? CLIENT_MAC)];
  for (const vlan of spec.vlans ?? []) {
    const [tci, type] = typeof vlan === "number" ? [vlan, 0x8100] : vlan;
    parts.push(word16(type), word16(tci));
  }
  parts.push(word16(spec.ethertype ?? ethertype), payload);
  return Buffer.concat(parts);
}

export function ipv4(spec: IpSpec, payload: Buffer): Buffer {
  const options = spec.options ?? Buffer.alloc(0);
  const header = Buffer.alloc(20 + options.length);
  header[0] = 0x40 | (header.length / 4);
  header[1] = spec.tos ?? 0;
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(spec.id ?? 0x1234, 4);
  header.writeUInt16BE(
    ((spec.df ?? true) ? 0x4000 : 0) | (spec.more ? 0x2000 : 0) | ((spec.offset ?? 0) / 8),
    6,
  );
  header[8] = spec.ttl ?? 64;
  header[9] = spec.proto ?? TCP;
  addressBytes(spec.from).copy(header, 12);
  addressBytes(spec.to).copy(header, 16);
  options.copy(header, 20);
  header.writeUInt16BE(checksum(header), 10);
  return Buffer.concat([header, payload]);
}

export function ipv6(spec: IpSpec, payload: Buffer): Buffer {
  const proto = spec.proto ?? TCP;
  const extensions = [...(spec.extensions ?? [])];
  if (spec.offset !== undefined || spec.more) {
    const rest = Buffer.alloc(7);
    rest.writeUInt16BE((spec.offset ?? 0) | (spec.more ? 1 : 0), 1);
    rest.writeUInt32BE(spec.id ?? 0x12345678, 3);
    extensions.push([44, rest]);
  }
  const types = [...extensions.map(([type]) => type), proto];
  const body = Buffer.concat([
    ...extensions.map(([, rest], index) => Buffer.concat([Buffer.from([types[index + 1]!]), rest])),
    payload,
  ]);
  const header = Buffer.alloc(40);
  header.writeUInt32BE((0x60000000 | ((spec.tos ?? 0) << 20) | (spec.label ?? 0)) >>> 0, 0);
  header.writeUInt16BE(body.length, 4);
  header[6] = types[0]!;
  header[7] = spec.ttl ?? 64;
  addressBytes(spec.from).copy(header, 8);
  addressBytes(spec.to).copy(header, 24);
  return Buffer.concat([header, body]);
}

/** The sum of the pseudo header (RFC 9293, RFC 8200 section 8.1), not folded. */
function pseudoSum({ from, to }: IpSpec, proto: number, length: number): number {
  const bytes = Buffer.concat([addressBytes(from), addressBytes(to), word16(proto), word16(length)]);
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  return sum;
}

export function tcp(ip: IpSpec, spec: L4Spec = {}): Buffer {
  const options = spec.tcpOptions ?? Buffer.alloc(0);
  const header = Buffer.alloc(20 + options.length);
  header.writeUInt16BE(spec.sport ?? 40000, 0);
  header.writeUInt16BE(spec.dport ?? 80, 2);
  header.writeUInt32BE(0x01020304, 4);
  header[12] = (header.length / 4) << 4;
  header[13] = spec.flags ?? ACK;
  header.writeUInt16BE(0xffff, 14);
  options.copy(header, 20);
  const segment = Buffer.concat([header, spec.data ?? Buffer.alloc(0)]);
  segment.writeUInt16BE(checksum(segment, pseudoSum(ip, TCP, segment.length)), 16);
  return segment;
}

export function udp(ip: IpSpec, spec: L4Spec = {}): Buffer {
  const data = spec.data ?? Buffer.alloc(0);
  const header = Buffer.alloc(8);
  header.writeUInt16BE(spec.sport ?? 40000, 0);
  header.writeUInt16BE(spec.dport ?? 53, 2);
  header.writeUInt16BE(8 + data.length, 4);
  const datagram = Buffer.concat([header, data]);
  if (!spec.noChecksum) {
    const value = checksum(datagram, pseudoSum(ip, UDP, datagram.length));
    datagram.writeUInt16BE(value === 0 ? 0xffff : value, 6);
  }
  return datagram;
}

export type FrameSpec = L2Spec & IpSpec & L4Spec;

/** A whole frame: IPv4 or IPv6 by the addresses, TCP or UDP by `proto` (default TCP). */
export function frame(spec: FrameSpec): Buffer {
  const proto = spec.proto ?? TCP;
  const l4 =
    proto === TCP ? tcp(spec, spec) : proto === UDP ? udp(spec, spec) : (spec.data ?? Buffer.alloc(0));
  return packet(spec, l4);
}

/** A frame around a given transport part. */
export function packet(spec: L2Spec & IpSpec, payload: Buffer): Buffer {
  const v6 = spec.to.includes(":");
  return ethernet(spec, v6 ? 0x86dd : 0x0800, v6 ? ipv6(spec, payload) : ipv4(spec, payload));
}

/** An ICMP or ICMPv6 message. */
export function icmp(ip: IpSpec, type: number, code: number, rest: number, quoted: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([type, code, 0, 0]), word32(rest), quoted]);
  const v6 = ip.to.includes(":");
  message.writeUInt16BE(checksum(message, v6 ? pseudoSum(ip, ICMP6, message.length) : 0), 2);
  return message;
}

/** A copy with bytes written over it. */
export function edit(
  bytes: Buffer,
  ...changes: readonly (readonly [offset: number, ...values: number[]])[]
): Buffer {
  const copy = Buffer.from(bytes);
  for (const [offset, ...values] of changes) values.forEach((value, index) => (copy[offset + index] = value));
  return copy;
}

export function word16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function word32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
