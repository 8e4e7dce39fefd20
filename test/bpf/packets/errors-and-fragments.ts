import {
  edit,
  ethernet,
  frame,
  ICMP,
  ICMP6,
  icmp,
  ipv4,
  ipv6,
  packet,
  tcp,
  UDP,
  udp,
  type FrameSpec,
  type IpSpec,
} from "../support/frames";
import { CLIENT4, CLIENT6, NAT_TCP_PORT, NAT_UDP_PORT, SINGLE, TUNNEL4, TUNNEL6 } from "../support/lb-world";
import { inside, l2, pass, sentTo, type Row } from "./row";

const ROUTER4 = "198.18.0.254";
const ROUTER6 = "2001:2:0:1::fe";

/** The first bytes of the packet that a backend sent to the client, as an error quotes it. */
function quote(
  from: string,
  to: string,
  proto: number,
  ports: [number, number],
  bytes?: number,
  more: Partial<IpSpec> = {},
): Buffer {
  const spec: IpSpec & { sport: number; dport: number } = {
    from,
    to,
    proto,
    sport: ports[0],
    dport: ports[1],
    ...more,
  };
  const l4 = proto === UDP ? udp(spec, spec) : tcp(spec, spec);
  const whole = to.includes(":") ? ipv6(spec, l4) : ipv4(spec, l4);
  return bytes === undefined ? whole : whole.subarray(0, bytes);
}

interface ErrorSpec {
  readonly from?: string;
  readonly to: string;
  readonly type: number;
  readonly code?: number;
  readonly rest?: number;
  readonly quoted: Buffer;
  readonly vlans?: readonly number[];
  readonly dstMac?: string;
  readonly srcMac?: string;
}

function error4(spec: ErrorSpec): Buffer {
  const ip = { from: spec.from ?? ROUTER4, to: spec.to, proto: ICMP };
  return packet({ ...spec, ...ip }, icmp(ip, spec.type, spec.code ?? 0, spec.rest ?? 0, spec.quoted));
}

function error6(spec: ErrorSpec): Buffer {
  const ip = { from: spec.from ?? ROUTER6, to: spec.to, proto: ICMP6 };
  return packet({ ...spec, ...ip }, icmp(ip, spec.type, spec.code ?? 0, spec.rest ?? 0, spec.quoted));
}

const tooBig4 = { type: 3, code: 4, rest: 1400 };
const tooBig6 = { type: 2, rest: 1400 };

function relayed4(name: string, spec: Omit<ErrorSpec, "to" | "quoted"> & { quoted?: Buffer }): Row {
  const whole = { to: SINGLE.l2, quoted: quote(SINGLE.l2, CLIENT4, 6, [80, 40000]), ...spec };
  return { name, packet: error4(whole), expect: { tx: error4({ ...whole, ...sentTo(1) }) } };
}

function relayed6(name: string, spec: Omit<ErrorSpec, "to" | "quoted"> & { quoted?: Buffer }): Row {
  const whole = { to: SINGLE.l26, quoted: quote(SINGLE.l26, CLIENT6, 6, [80, 40000]), ...spec };
  return { name, packet: error6(whole), expect: { tx: error6({ ...whole, ...sentTo(5) }) } };
}

const quoted4 = quote(SINGLE.l2, CLIENT4, 6, [80, 40000]);
const quoted6 = quote(SINGLE.l26, CLIENT6, 6, [80, 40000]);

const relayed: Row[] = [
  relayed4("fragmentation needed", tooBig4),
  relayed4("host unreachable", { type: 3, code: 1 }),
  relayed4("time exceeded", { type: 11 }),
  relayed4("parameter problem", { type: 12 }),
  relayed4("an error behind a tag", { ...tooBig4, vlans: [100] }),
  relayed4("an error that quotes 8 bytes of TCP", { ...tooBig4, quoted: quoted4.subarray(0, 28) }),
  relayed4("an error about UDP", { ...tooBig4, quoted: quote(SINGLE.l2, CLIENT4, UDP, [53, 40000]) }),
  relayed4("an error that quotes options", {
    ...tooBig4,
    quoted: quote(SINGLE.l2, CLIENT4, 6, [80, 40000], undefined, { options: Buffer.alloc(8, 1) }),
  }),
  relayed4("an error about a first fragment", {
    ...tooBig4,
    quoted: quote(SINGLE.l2, CLIENT4, 6, [80, 40000], undefined, { more: true }),
  }),
  relayed6("packet too big", tooBig6),
  relayed6("unreachable, ICMPv6", { type: 1, code: 3 }),
  relayed6("time exceeded, ICMPv6", { type: 3 }),
  relayed6("parameter problem, ICMPv6", { type: 4 }),
  relayed6("an ICMPv6 error about UDP", { ...tooBig6, quoted: quote(SINGLE.l26, CLIENT6, UDP, [53, 40000]) }),
  relayed6("an ICMPv6 error that quotes 8 bytes of TCP", { ...tooBig6, quoted: quoted6.subarray(0, 48) }),
];

function refused4(
  name: string,
  spec: Partial<ErrorSpec>,
  reason: "malformed" | "unsupported" | "icmp" | "not-vip",
): Row {
  return pass(name, error4({ to: SINGLE.l2, ...tooBig4, quoted: quoted4, ...spec }), reason);
}

function refused6(
  name: string,
  spec: Partial<ErrorSpec>,
  reason: "malformed" | "unsupported" | "icmp" | "not-vip",
): Row {
  return pass(name, error6({ to: SINGLE.l26, ...tooBig6, quoted: quoted6, ...spec }), reason);
}

const refused: Row[] = [
  refused4("echo request", { type: 8 }, "unsupported"),
  refused4("redirect", { type: 5 }, "unsupported"),
  refused4("source quench", { type: 4 }, "unsupported"),
  refused6("echo request, ICMPv6", { type: 128 }, "unsupported"),
  refused6("neighbour solicitation", { type: 135 }, "unsupported"),
  refused6("ICMPv6 type 0", { type: 0 }, "unsupported"),
  refused6("ICMPv6 type 5", { type: 5 }, "unsupported"),
  refused4("an error that quotes 7 bytes of TCP", { quoted: quoted4.subarray(0, 27) }, "malformed"),
  refused4("an error that quotes half a header", { quoted: quoted4.subarray(0, 19) }, "malformed"),
  refused4("an error that quotes nothing", { quoted: Buffer.alloc(0) }, "malformed"),
  refused6("an ICMPv6 error that quotes 7 bytes of TCP", { quoted: quoted6.subarray(0, 47) }, "malformed"),
  refused6("an ICMPv6 error that quotes half a header", { quoted: quoted6.subarray(0, 39) }, "malformed"),
  refused4("an error that quotes IPv6", { quoted: quoted6 }, "malformed"),
  refused6("an ICMPv6 error that quotes IPv4", { quoted: Buffer.concat([quoted4, quoted4]) }, "malformed"),
  refused4("an error that quotes a header of 4 words", { quoted: edit(quoted4, [0, 0x44]) }, "malformed"),
  refused4(
    "an error about somebody else's packet",
    { quoted: quote("198.18.0.99", CLIENT4, 6, [80, 40000]) },
    "icmp",
  ),
  refused6(
    "an ICMPv6 error about somebody else's packet",
    { quoted: quote(SINGLE.nat6, CLIENT6, 6, [80, 40000]) },
    "icmp",
  ),
  refused4(
    "an error about a later fragment",
    { quoted: quote(SINGLE.l2, CLIENT4, 6, [80, 1], undefined, { offset: 8 }) },
    "icmp",
  ),
  refused4("an error about an ICMP message", { quoted: edit(quoted4, [9, ICMP]) }, "icmp"),
  refused6("an ICMPv6 error about an extension header", { quoted: edit(quoted6, [6, 60]) }, "icmp"),
  refused4(
    "an error about another port of the VIP",
    { quoted: quote(SINGLE.l2, CLIENT4, 6, [81, 40000]) },
    "not-vip",
  ),
  pass(
    "ICMP cut short",
    packet({ from: ROUTER4, to: SINGLE.l2, proto: ICMP }, Buffer.from([3, 4, 0, 0])),
    "malformed",
  ),
];

/** An error to a tunnelled VIP is tunnelled; the flow label is the quoted client port. */
const throughTunnels: Row[] = [
  ((): Row => {
    const spec = { to: SINGLE.ipip, ...tooBig4, quoted: quote(SINGLE.ipip, CLIENT4, 6, [80, 40000]) };
    const outer = { from: TUNNEL4, to: "198.18.1.2", proto: 4 };
    const sent = ethernet(sentTo(2), 0x0800, ipv4(outer, inside(error4(spec))));
    return { name: "an error through 4 in 4", packet: error4(spec), expect: { tx: sent } };
  })(),
  ((): Row => {
    const spec = { to: SINGLE.ipip6, ...tooBig6, quoted: quote(SINGLE.ipip6, CLIENT6, 6, [80, 0x1234]) };
    const outer = { from: TUNNEL6, to: "2001:2:0:2::6", proto: 41, label: 0x3412 };
    const sent = ethernet(sentTo(6), 0x86dd, ipv6(outer, inside(error6(spec))));
    return { name: "an error through 6 in 6", packet: error6(spec), expect: { tx: sent } };
  })(),
];

const REAL4 = "198.18.1.4";
const REAL8 = "2001:2:0:2::8";

/**
 * Errors about nat flows: outer and quoted address and the quoted port change. The transport checksum in the quote is
 * left as the backend's kernel will have sent it, so the expected quote takes its first 8 bytes only.
 */
const natErrors: Row[] = [
  {
    name: "an error to a nat backend",
    packet: error4({ to: SINGLE.nat, ...tooBig4, quoted: quote(SINGLE.nat, CLIENT4, 6, [80, 40000], 28) }),
    expect: {
      tx: error4({
        to: REAL4,
        ...tooBig4,
        quoted: quote(REAL4, CLIENT4, 6, [NAT_TCP_PORT, 40000], 28),
        ...sentTo(4),
      }),
    },
  },
  {
    name: "an ICMPv6 error to a nat backend",
    packet: error6({ to: SINGLE.nat6, ...tooBig6, quoted: quote(SINGLE.nat6, CLIENT6, 6, [80, 40000], 48) }),
    expect: {
      tx: error6({
        to: REAL8,
        ...tooBig6,
        quoted: quote(REAL8, CLIENT6, 6, [NAT_TCP_PORT, 40000], 48),
        ...sentTo(8),
      }),
    },
  },
  {
    name: "a nat backend's own error",
    before: [frame({ from: CLIENT4, to: SINGLE.nat, proto: UDP, noChecksum: true })],
    packet: error4({
      from: REAL4,
      to: CLIENT4,
      type: 3,
      code: 3,
      quoted: udpQuote(CLIENT4, REAL4, NAT_UDP_PORT),
    }),
    expect: {
      tx: error4({
        from: SINGLE.nat,
        to: CLIENT4,
        type: 3,
        code: 3,
        quoted: udpQuote(CLIENT4, SINGLE.nat, 53),
        ...{ dstMac: "02:00:00:00:00:c1", srcMac: sentTo(0).srcMac },
      }),
    },
  },
  {
    name: "an error of a router before a nat backend keeps its sender",
    before: [frame({ from: CLIENT4, to: SINGLE.nat, proto: UDP, noChecksum: true })],
    packet: error4({ from: ROUTER4, to: CLIENT4, type: 11, quoted: udpQuote(CLIENT4, REAL4, NAT_UDP_PORT) }),
    expect: {
      tx: error4({
        from: ROUTER4,
        to: CLIENT4,
        type: 11,
        quoted: udpQuote(CLIENT4, SINGLE.nat, 53),
        ...{ dstMac: "02:00:00:00:00:c1", srcMac: sentTo(0).srcMac },
      }),
    },
  },
  pass(
    "an error about a packet of no nat flow",
    error4({ from: REAL4, to: CLIENT4, type: 3, code: 3, quoted: udpQuote(CLIENT4, REAL4, 9) }),
    "not-vip",
  ),
];

function udpQuote(from: string, to: string, dport: number): Buffer {
  const spec = { from, to, proto: UDP, sport: 40000, dport, noChecksum: true };
  return ipv4(spec, udp(spec, spec));
}

const whole: FrameSpec = { from: CLIENT4, to: SINGLE.l2, proto: UDP, data: Buffer.alloc(64, 7) };
const whole6: FrameSpec = { from: CLIENT6, to: SINGLE.l26, proto: UDP, data: Buffer.alloc(64, 7) };

function later(spec: FrameSpec, offset = 72, more = false): Buffer {
  return packet({ ...spec, offset, more }, Buffer.alloc(24, 9));
}

function laterTo(name: string, spec: FrameSpec, n: number, more = false): Row {
  return { name, packet: later(spec, 72, more), expect: { tx: later({ ...spec, ...sentTo(n) }, 72, more) } };
}

const fragments: Row[] = [
  l2("a first fragment", { ...whole, more: true, df: false }, 1),
  laterTo("a middle fragment", { ...whole, df: false }, 1, true),
  laterTo("a last fragment", { ...whole, df: false }, 1),
  laterTo("a later TCP fragment", { ...whole, proto: 6, df: false }, 1),
  laterTo("a later fragment behind a tag", { ...whole, df: false, vlans: [100] }, 1),
  l2("a first fragment, IPv6", { ...whole6, more: true }, 5),
  laterTo("a middle fragment, IPv6", whole6, 5, true),
  laterTo("a last fragment, IPv6", whole6, 5),
  {
    name: "a later fragment of 1 byte",
    packet: packet({ ...whole, offset: 72 }, Buffer.from([9])),
    expect: { tx: packet({ ...whole, offset: 72, ...sentTo(1) }, Buffer.from([9])) },
  },
  pass("a later fragment to another address", later({ ...whole, to: "198.18.0.99" }), "not-vip"),
  pass("a fragment of an ICMP message", later({ ...whole, proto: ICMP }), "unsupported"),
  pass("a fragment of an ICMPv6 message", later({ ...whole6, proto: ICMP6 }), "unsupported"),
  pass("a first fragment for a nat VIP", frame({ ...whole, to: SINGLE.nat, more: true }), "fragment"),
  pass("a later fragment for a nat VIP", later({ ...whole, to: SINGLE.nat }), "fragment"),
  pass("a later fragment for a nat VIP, IPv6", later({ ...whole6, to: SINGLE.nat6 }), "fragment"),
];

export const errorAndFragmentRows: readonly Row[] = [
  ...relayed,
  ...refused,
  ...throughTunnels,
  ...natErrors,
  ...fragments,
];
