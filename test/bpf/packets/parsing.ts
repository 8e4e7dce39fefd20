import { ACK, edit, frame, packet, RST, SYN, tcp, UDP, udp, type FrameSpec } from "../support/frames";
import { CLIENT4, CLIENT6, SINGLE } from "../support/lb-world";
import { l2, pass, sentTo, type Row } from "./row";

const tcp4: FrameSpec = { from: CLIENT4, to: SINGLE.l2 };
const udp4: FrameSpec = { from: CLIENT4, to: SINGLE.l2, proto: UDP, data: Buffer.from("question") };
const tcp6: FrameSpec = { from: CLIENT6, to: SINGLE.l26 };
const udp6: FrameSpec = { from: CLIENT6, to: SINGLE.l26, proto: UDP, data: Buffer.from("question") };

/** Frames cut off after each of the given lengths. */
function cut(name: string, spec: FrameSpec, lengths: readonly number[]): Row[] {
  const whole = frame(spec);
  return lengths.map((length) =>
    pass(`${name} cut to ${length} bytes`, whole.subarray(0, length), "malformed"),
  );
}

/** The IP packet says it is `length` bytes long, and the checksum is left as it was: nobody looks at it. */
function stated(name: string, spec: FrameSpec, at: number, length: number): Row {
  return pass(name, edit(frame(spec), [at, length >> 8, length & 255]), "malformed");
}

const tagged = { vlans: [100] };
const twice = { vlans: [[200, 0x88a8] as const, 100] };

const ethernet: Row[] = [
  pass("ARP", frame({ ...tcp4, ethertype: 0x0806 }), "not-ip"),
  pass("LLDP", frame({ ...tcp4, ethertype: 0x88cc }), "not-ip"),
  pass("an 802.3 length instead of a type", frame({ ...tcp4, ethertype: 46 }), "not-ip"),
  pass("Ethernet header and nothing else", frame(tcp4).subarray(0, 14), "malformed"),
  l2("one VLAN tag", { ...tcp4, ...tagged }, 1),
  l2("one VLAN tag, IPv6", { ...tcp6, ...tagged }, 5),
  l2("one 802.1ad tag", { ...tcp4, vlans: [[100, 0x88a8]] }, 1),
  l2("QinQ", { ...tcp4, ...twice }, 1),
  l2("QinQ, IPv6", { ...tcp6, ...twice }, 5),
  l2("two 802.1Q tags with priority bits", { ...udp4, vlans: [0xe064, 0x2001] }, 1),
  pass("three VLAN tags", frame({ ...tcp4, vlans: [1, 2, 3] }), "not-ip"),
  pass("a tag around ARP", frame({ ...tcp4, ...tagged, ethertype: 0x0806 }), "not-ip"),
  pass("a tag cut short", frame({ ...tcp4, ...tagged }).subarray(0, 16), "malformed"),
  pass("a second tag cut short", frame({ ...tcp4, ...twice }).subarray(0, 20), "malformed"),
  pass("IPv4 ethertype on an IPv6 packet", frame({ ...tcp6, ethertype: 0x0800 }), "malformed"),
  pass("IPv6 ethertype on an IPv4 packet", frame({ ...tcp4, ethertype: 0x86dd }), "malformed"),
];

const truncated: Row[] = [
  ...cut("IPv4 TCP", tcp4, [15, 33, 34, 35, 45, 53]),
  ...cut("IPv4 UDP", udp4, [33, 34, 41, 42, 49]),
  ...cut("IPv6 TCP", tcp6, [15, 53, 54, 60, 73]),
  ...cut("IPv6 UDP", udp6, [53, 54, 61, 62, 69]),
  ...cut("tagged IPv4 TCP", { ...tcp4, ...tagged }, [18, 37, 38, 57]),
  ...cut("QinQ IPv6 TCP", { ...tcp6, ...twice }, [22, 61, 62, 81]),
];

const lengths: Row[] = [
  stated("IPv4 total length below its header", tcp4, 16, 19),
  stated("IPv4 total length 0", tcp4, 16, 0),
  stated("IPv4 total length without room for TCP", tcp4, 16, 39),
  stated("IPv4 total length beyond the frame", tcp4, 16, 41),
  stated("IPv4 total length 65535", tcp4, 16, 65535),
  stated("IPv6 payload length 0", tcp6, 18, 0),
  stated("IPv6 payload length without room for TCP", tcp6, 18, 19),
  stated("IPv6 payload length beyond the frame", tcp6, 18, 21),
  stated("IPv6 payload length 65535", tcp6, 18, 65535),
  pass("IPv4 header length 4 words", edit(frame(tcp4), [14, 0x44]), "malformed"),
  pass("IPv4 header length 0", edit(frame(tcp4), [14, 0x40]), "malformed"),
  pass("IPv4 header longer than the packet", edit(frame(tcp4), [14, 0x4f]), "malformed"),
  pass("version 5", edit(frame(tcp4), [14, 0x55]), "malformed"),
  pass("version 4 in an IPv6 header", edit(frame(tcp6), [14, 0x40]), "malformed"),
  pass("TCP data offset 4 words", edit(frame(tcp4), [46, 0x40]), "malformed"),
  pass("TCP data offset 0, IPv6", edit(frame(tcp6), [66, 0]), "malformed"),
  {
    name: "bytes behind the IPv4 packet are kept (Ethernet padding)",
    packet: Buffer.concat([frame(tcp4), Buffer.alloc(6, 0xee)]),
    expect: { tx: Buffer.concat([frame({ ...tcp4, ...sentTo(1) }), Buffer.alloc(6, 0xee)]) },
  },
];

const options: Row[] = [4, 8, 20, 40].map((size) =>
  l2(`IPv4 with ${size} bytes of options`, { ...tcp4, options: Buffer.alloc(size, 1) }, 1),
);

const transports: Row[] = [
  l2("TCP SYN", { ...tcp4, flags: SYN }, 1),
  l2("TCP SYN and ACK", { ...tcp4, flags: SYN | ACK }, 1),
  l2("TCP RST", { ...tcp4, flags: RST }, 1),
  l2("TCP without any flag", { ...tcp4, flags: 0 }, 1),
  l2("TCP with every flag", { ...tcp4, flags: 0xff }, 1),
  l2(
    "TCP with options and data",
    { ...tcp4, tcpOptions: Buffer.alloc(40, 1), data: Buffer.alloc(1000, 7) },
    1,
  ),
  l2("TCP SYN, IPv6", { ...tcp6, flags: SYN }, 5),
  l2("a frame of 1514 bytes", { ...tcp4, data: Buffer.alloc(1460, 7) }, 1),
  l2("UDP", udp4, 1),
  l2("UDP without data", { ...udp4, data: Buffer.alloc(0) }, 1),
  l2("UDP without checksum", { ...udp4, noChecksum: true }, 1),
  l2("UDP, IPv6", udp6, 5),
  l2("TTL 1 is left alone", { ...tcp4, ttl: 1 }, 1),
  l2("TTL 0 is left alone", { ...tcp4, ttl: 0 }, 1),
  l2("client port 0", { ...tcp4, sport: 0 }, 1),
  l2("client port 65535", { ...tcp4, sport: 65535 }, 1),
  pass("another port of the VIP", frame({ ...tcp4, dport: 81 }), "not-vip"),
  pass("port 0 of the VIP, which the map has for fragments", frame({ ...tcp4, dport: 0 }), "not-vip"),
  pass("port 0 of the VIP, IPv6 UDP", frame({ ...udp6, dport: 0 }), "not-vip"),
  pass("the VIP's TCP port by UDP", frame({ ...udp4, dport: 80 }), "not-vip"),
  pass("another address", frame({ ...tcp4, to: "198.18.0.99" }), "not-vip"),
  pass("another IPv6 address", frame({ ...tcp6, to: "2001:2:0:1::99" }), "not-vip"),
  pass("from the VIP to the client", frame({ from: SINGLE.l2, to: CLIENT4, sport: 80 }), "not-vip"),
  pass("SCTP", packet({ ...tcp4, proto: 132 }, Buffer.alloc(32)), "unsupported"),
  pass("GRE", packet({ ...tcp4, proto: 47 }, Buffer.alloc(32)), "unsupported"),
  pass("IPv4 in IPv4", packet({ ...tcp4, proto: 4 }, Buffer.alloc(40)), "unsupported"),
  pass("no transport at all", packet({ ...tcp4, proto: 255 }, Buffer.alloc(0)), "unsupported"),
  pass("ESP, IPv6", packet({ ...tcp6, proto: 50 }, Buffer.alloc(32)), "unsupported"),
  pass("no next header, IPv6", packet({ ...tcp6, proto: 59 }, Buffer.alloc(0)), "unsupported"),
];

/** What follows the next-header byte: length in units of 8 bytes after the first, then zeros. */
function extension(type: number, units = 0): [number, Buffer] {
  const rest = Buffer.alloc(7 + 8 * units);
  rest[0] = units;
  return [type, rest];
}

/** Authentication header: its length counts words of 4 bytes, less 2. */
function authentication(words: number): [number, Buffer] {
  const rest = Buffer.alloc(4 * (words + 2) - 1);
  rest[0] = words;
  return [51, rest];
}

function routing(left: number): [number, Buffer] {
  const [type, rest] = extension(43, 2);
  rest[2] = left;
  return [type, rest];
}

const atomicFragment: [number, Buffer] = [44, Buffer.from([0, 0, 0, 1, 2, 3, 4])];

function extended(name: string, ...extensions: [number, Buffer][]): Row {
  return l2(name, { ...tcp6, extensions }, 5);
}

function notExtended(
  name: string,
  reason: "malformed" | "unsupported",
  ...extensions: [number, Buffer][]
): Row {
  return pass(name, frame({ ...tcp6, extensions }), reason);
}

const extensions: Row[] = [
  extended("hop-by-hop options", extension(0)),
  extended("destination options of 24 bytes", extension(60, 2)),
  extended("destination options of 2048 bytes", extension(60, 255)),
  extended("routing header without segments left", routing(0)),
  extended("authentication header", authentication(4)),
  extended("an atomic fragment is a whole packet (RFC 6946)", atomicFragment),
  extended("four extension headers", extension(0), extension(60), routing(0), extension(60)),
  extended("hop-by-hop and an atomic fragment", extension(0), atomicFragment),
  notExtended("five extension headers", "unsupported", ...Array.from({ length: 5 }, () => extension(60))),
  notExtended("routing header with a segment left", "unsupported", routing(1)),
  notExtended("routing header with 255 segments left", "unsupported", routing(255)),
  l2("UDP behind hop-by-hop options", { ...udp6, extensions: [extension(0)] }, 5),
  l2("extension header behind two tags", { ...tcp6, ...twice, extensions: [extension(0, 3)] }, 5),
  pass("extension header cut short", packet({ ...tcp6, proto: 0 }, Buffer.from([6, 0, 0, 0])), "malformed"),
  pass(
    "extension header longer than the packet",
    packet({ ...tcp6, proto: 60 }, Buffer.from([6, 9, 0, 0, 0, 0, 0, 0])),
    "malformed",
  ),
  pass(
    "extension header and nothing behind it",
    packet({ ...tcp6, proto: 60 }, Buffer.from([6, 0, 0, 0, 0, 0, 0, 0])),
    "malformed",
  ),
  pass(
    "a chain without end",
    packet({ ...tcp6, proto: 60 }, Buffer.alloc(64, 0).fill(60, 0, 1)),
    "unsupported",
  ),
];

export const parsingRows: readonly Row[] = [
  ...ethernet,
  ...truncated,
  ...lengths,
  ...options,
  ...transports,
  ...extensions,
];

export const plainTcp4 = tcp(tcp4);
export const plainUdp4 = udp(udp4);
