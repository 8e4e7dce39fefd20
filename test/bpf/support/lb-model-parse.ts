/**
 * The parser of the model: what bpf/include/parse.bpf.h and lb_request.bpf.h promise, written down a second time,
 * plainly and without looking at how they do it.
 */

/** enum lb_reason of bpf/include/lb_maps.h, in order from 1. */
export const REASONS = [
  "none",
  "not-ip",
  "malformed",
  "unsupported",
  "not-vip",
  "fragment",
  "icmp",
  "no-ring",
  "no-room",
  "no-mac",
  "family",
  "no-backend",
  "syn-rate",
  "collision",
] as const;
export type Reason = (typeof REASONS)[number];

/** The packet is not balanced, and why. */
export class Unbalanced extends Error {
  constructor(readonly reason: Reason) {
    super(reason);
  }
}

export interface ParsedFrame {
  readonly l3: number;
  readonly l4: number;
  readonly l4Length: number;
  readonly ipLength: number;
  readonly family: 4 | 6;
  readonly proto: number;
  readonly fragment: "none" | "first" | "later";
}

const VLAN_TYPES = [0x8100, 0x88a8];
const EXTENSIONS = [0, 43, 44, 51, 60];
const MAX_EXTENSIONS = 4;

function check(condition: boolean, reason: Reason = "malformed"): void {
  if (!condition) throw new Unbalanced(reason);
}

export function parseFrame(frame: Buffer): ParsedFrame {
  let l3 = 14;
  check(frame.length >= l3);
  let type = frame.readUInt16BE(12);
  for (let tag = 0; tag < 2 && VLAN_TYPES.includes(type); tag++) {
    l3 += 4;
    check(frame.length >= l3);
    type = frame.readUInt16BE(l3 - 2);
  }
  if (type === 0x0800) return parse4(frame, l3);
  if (type === 0x86dd) return parse6(frame, l3);
  throw new Unbalanced("not-ip");
}

function parse4(frame: Buffer, l3: number): ParsedFrame {
  check(frame.length >= l3 + 20 && frame[l3]! >> 4 === 4);
  const header = (frame[l3]! & 15) * 4;
  const ipLength = frame.readUInt16BE(l3 + 2);
  check(header >= 20 && ipLength >= header && l3 + ipLength <= frame.length);
  const bits = frame.readUInt16BE(l3 + 6);
  const offset = bits & 0x1fff;
  const more = (bits & 0x2000) !== 0;
  return {
    l3,
    l4: l3 + header,
    l4Length: ipLength - header,
    ipLength,
    family: 4,
    proto: frame[l3 + 9]!,
    fragment: offset > 0 ? "later" : more ? "first" : "none",
  };
}

function parse6(frame: Buffer, l3: number): ParsedFrame {
  check(frame.length >= l3 + 40 && frame[l3]! >> 4 === 6);
  const payload = frame.readUInt16BE(l3 + 4);
  const end = l3 + 40 + payload;
  check(end <= frame.length);
  let proto = frame[l3 + 6]!;
  let at = l3 + 40;
  let fragment: ParsedFrame["fragment"] = "none";
  for (let seen = 0; EXTENSIONS.includes(proto) && fragment !== "later"; seen++) {
    check(seen < MAX_EXTENSIONS, "unsupported");
    check(end - at >= 8);
    let length = (frame[at + 1]! + 1) * 8;
    if (proto === 51) length = (frame[at + 1]! + 2) * 4;
    if (proto === 44) {
      length = 8;
      const bits = frame.readUInt16BE(at + 2);
      if (bits >> 3 > 0) fragment = "later";
      else if (bits & 1) fragment = "first";
    }
    // Segments left: the packet's destination is not its last one.
    check(!(proto === 43 && frame[at + 3]! > 0), "unsupported");
    check(length <= end - at);
    proto = frame[at]!;
    at += length;
  }
  return { l3, l4: at, l4Length: end - at, ipLength: 40 + payload, family: 6, proto, fragment };
}

/** The flow a packet belongs to, with the places of its fields in the frame. */
export interface Flow {
  readonly client: Buffer;
  readonly vip: Buffer;
  readonly clientPort: number;
  readonly vipPort: number;
  readonly proto: number;
  readonly flags: number;
  readonly kind: "direct" | "fragment" | "quoted";
  readonly at: { client: number; vip: number; clientPort: number; vipPort: number };
}

export function readFlow(frame: Buffer, p: ParsedFrame): Flow {
  const size = p.family === 4 ? 4 : 16;
  const source = p.l3 + (p.family === 4 ? 12 : 8);
  const dest = source + size;
  const transport = p.proto === 6 || p.proto === 17;
  const address = (at: number): Buffer => Buffer.from(frame.subarray(at, at + size));

  if (p.fragment !== "none") {
    check(transport, "unsupported");
    return {
      client: address(source),
      vip: address(dest),
      clientPort: 0,
      vipPort: 0,
      proto: p.proto,
      flags: 0,
      kind: "fragment",
      at: { client: source, vip: dest, clientPort: 0, vipPort: 0 },
    };
  }
  if (p.proto === (p.family === 4 ? 1 : 58)) return readQuoted(frame, p, size, dest);
  check(transport, "unsupported");
  check(p.l4Length >= (p.proto === 6 ? 20 : 8));
  if (p.proto === 6) check(frame[p.l4 + 12]! >> 4 >= 5);
  return {
    client: address(source),
    vip: address(dest),
    clientPort: frame.readUInt16BE(p.l4),
    vipPort: frame.readUInt16BE(p.l4 + 2),
    proto: p.proto,
    flags: p.proto === 6 ? frame[p.l4 + 13]! : 0,
    kind: "direct",
    at: { client: source, vip: dest, clientPort: p.l4, vipPort: p.l4 + 2 },
  };
}

/** An ICMP error quotes a packet from the VIP to the client. */
function readQuoted(frame: Buffer, p: ParsedFrame, size: number, outerDest: number): Flow {
  check(p.l4Length >= 8);
  const type = frame[p.l4]!;
  check(p.family === 4 ? [3, 11, 12].includes(type) : type >= 1 && type <= 4, "unsupported");
  const inner = p.l4 + 8;
  const left = p.l4Length - 8;
  const fixed = p.family === 4 ? 20 : 40;
  check(left >= fixed && frame[inner]! >> 4 === p.family);
  const header = p.family === 4 ? (frame[inner]! & 15) * 4 : 40;
  check(header >= fixed && left >= header + 8);
  const source = inner + (p.family === 4 ? 12 : 8);
  const vip = Buffer.from(frame.subarray(source, source + size));
  check(vip.equals(frame.subarray(outerDest, outerDest + size)), "icmp");
  if (p.family === 4) check((frame.readUInt16BE(inner + 6) & 0x1fff) === 0, "icmp");
  const proto = frame[inner + (p.family === 4 ? 9 : 6)]!;
  check(proto === 6 || proto === 17, "icmp");
  const l4 = inner + header;
  return {
    client: Buffer.from(frame.subarray(source + size, source + 2 * size)),
    vip,
    clientPort: frame.readUInt16BE(l4 + 2),
    vipPort: frame.readUInt16BE(l4),
    proto,
    flags: 0x10,
    kind: "quoted",
    at: { client: source + size, vip: source, clientPort: l4 + 2, vipPort: l4 },
  };
}
