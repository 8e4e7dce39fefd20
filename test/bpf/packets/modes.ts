import { edit, frame, RST, SYN, UDP, type FrameSpec } from "../support/frames";
import { CLIENT4, CLIENT6, NAT_TCP_PORT, NAT_UDP_PORT, SINGLE } from "../support/lb-world";
import { ipipOver4, ipipOver6, pass, sentTo, type Row } from "./row";

const REAL2 = "198.18.1.2";
const REAL3 = "2001:2:0:2::3";
const REAL4 = "198.18.1.4";
const REAL6 = "2001:2:0:2::6";
const REAL7 = "198.18.1.7";
const REAL8 = "2001:2:0:2::8";

const to4: FrameSpec = { from: CLIENT4, to: SINGLE.ipip };
const to4over6: FrameSpec = { from: CLIENT4, to: SINGLE.ipipOver6 };
const to6: FrameSpec = { from: CLIENT6, to: SINGLE.ipip6 };
const to6over4: FrameSpec = { from: CLIENT6, to: SINGLE.ipip6Over4 };
const vlan = { vlans: [100] };
const qinq = { vlans: [[200, 0x88a8] as const, 100] };
const question = { proto: UDP, data: Buffer.from("question") };

const tunnels: Row[] = [
  ipipOver4("4 in 4", to4, REAL2, 2),
  ipipOver4("4 in 4, SYN", { ...to4, flags: SYN }, REAL2, 2),
  ipipOver4("4 in 4, UDP", { ...to4, ...question }, REAL2, 2),
  ipipOver4("4 in 4 behind a tag", { ...to4, ...vlan }, REAL2, 2),
  ipipOver4("4 in 4 behind two tags", { ...to4, ...qinq }, REAL2, 2),
  ipipOver4("4 in 4 with options", { ...to4, options: Buffer.alloc(40, 1) }, REAL2, 2),
  ipipOver4("4 in 4 copies DSCP and ECN", { ...to4, tos: 0xbb }, REAL2, 2),
  ipipOver4("4 in 4 that may be fragmented", { ...to4, df: false, id: 0xbeef }, REAL2, 2),
  ipipOver4("4 in 4, 1400 bytes", { ...to4, data: Buffer.alloc(1346, 7) }, REAL2, 2),
  ipipOver6("4 in 6", to4over6, REAL3, 3),
  ipipOver6("4 in 6, UDP", { ...to4over6, ...question }, REAL3, 3),
  ipipOver6("4 in 6 behind a tag", { ...to4over6, ...vlan }, REAL3, 3),
  ipipOver6("4 in 6 behind two tags", { ...to4over6, ...qinq }, REAL3, 3),
  ipipOver6("4 in 6 copies DSCP and ECN", { ...to4over6, tos: 0xff }, REAL3, 3),
  ipipOver6("6 in 6", to6, REAL6, 6),
  ipipOver6("6 in 6, UDP", { ...to6, ...question }, REAL6, 6),
  ipipOver6("6 in 6 behind two tags", { ...to6, ...qinq }, REAL6, 6),
  ipipOver6("6 in 6 copies traffic class, not the label", { ...to6, tos: 0x5a, label: 0x54321 }, REAL6, 6),
  ipipOver6("6 in 6, client port 1", { ...to6, sport: 1 }, REAL6, 6),
  ipipOver4("6 in 4", to6over4, REAL7, 7),
  ipipOver4("6 in 4, UDP", { ...to6over4, ...question }, REAL7, 7),
  ipipOver4("6 in 4 behind a tag", { ...to6over4, ...vlan }, REAL7, 7),
  ipipOver4("6 in 4 copies the traffic class", { ...to6over4, tos: 0xb8 }, REAL7, 7),
];

/** To the backend; the expected checksum is computed anew over the whole packet. */
function translated(name: string, spec: FrameSpec, to: string, dport: number, n: number): Row {
  return { name, packet: frame(spec), expect: { tx: frame({ ...spec, to, dport, ...sentTo(n) }) } };
}

const nat4: FrameSpec = { from: CLIENT4, to: SINGLE.nat };
const nat6: FrameSpec = { from: CLIENT6, to: SINGLE.nat6 };

const natIn: Row[] = [
  translated("nat", nat4, REAL4, NAT_TCP_PORT, 4),
  translated("nat, SYN", { ...nat4, flags: SYN }, REAL4, NAT_TCP_PORT, 4),
  translated("nat, RST", { ...nat4, flags: RST }, REAL4, NAT_TCP_PORT, 4),
  translated("nat behind a tag", { ...nat4, ...vlan }, REAL4, NAT_TCP_PORT, 4),
  translated("nat with options", { ...nat4, options: Buffer.alloc(12, 1) }, REAL4, NAT_TCP_PORT, 4),
  translated("nat, odd length", { ...nat4, data: Buffer.from("odd") }, REAL4, NAT_TCP_PORT, 4),
  translated("nat, 1460 bytes of data", { ...nat4, data: Buffer.alloc(1460, 0xa5) }, REAL4, NAT_TCP_PORT, 4),
  translated("nat, UDP", { ...nat4, ...question }, REAL4, NAT_UDP_PORT, 4),
  translated(
    "nat, UDP without checksum stays so",
    { ...nat4, ...question, noChecksum: true },
    REAL4,
    NAT_UDP_PORT,
    4,
  ),
  translated("nat, IPv6", nat6, REAL8, NAT_TCP_PORT, 8),
  translated("nat, IPv6 UDP", { ...nat6, ...question }, REAL8, NAT_UDP_PORT, 8),
  translated("nat, IPv6 behind two tags", { ...nat6, ...qinq }, REAL8, NAT_TCP_PORT, 8),
];

/** The backend's answer to a first packet of the client. */
function answered(name: string, first: FrameSpec, answer: FrameSpec, expected: Partial<FrameSpec>): Row {
  const packet = { ...answer, srcMac: sentTo(0).dstMac };
  const back = { ...answer, ...expected, srcMac: sentTo(0).srcMac, dstMac: "02:00:00:00:00:c1" };
  return { name, before: [frame(first)], packet: frame(packet), expect: { tx: frame(back) } };
}

const answer4: FrameSpec = { from: REAL4, to: CLIENT4, sport: NAT_TCP_PORT, dport: 40000 };
const answer6: FrameSpec = { from: REAL8, to: CLIENT6, sport: NAT_TCP_PORT, dport: 40000 };

const natBack: Row[] = [
  answered("nat answer", nat4, answer4, { from: SINGLE.nat, sport: 80 }),
  answered("nat answer behind a tag", nat4, { ...answer4, ...vlan }, { from: SINGLE.nat, sport: 80 }),
  answered(
    "nat answer, UDP",
    { ...nat4, ...question },
    { ...answer4, ...question, sport: NAT_UDP_PORT },
    { from: SINGLE.nat, sport: 53 },
  ),
  answered("nat answer, IPv6", nat6, answer6, { from: SINGLE.nat6, sport: 80 }),
  answered(
    "nat answer, IPv6 UDP",
    { ...nat6, ...question },
    { ...answer6, ...question, sport: NAT_UDP_PORT },
    { from: SINGLE.nat6, sport: 53 },
  ),
  pass("nat answer without a question", frame({ ...answer4, dport: 40001 }), "not-vip"),
  {
    ...pass("nat answer from another port", frame({ ...answer4, sport: 9 }), "not-vip"),
    before: [frame(nat4)],
  },
  {
    ...pass("nat answer by another protocol", frame({ ...answer4, proto: UDP }), "not-vip"),
    before: [frame(nat4)],
  },
];

/**
 * UDP data that makes the checksum come out as `wanted` (before or after translation), because 0x0000 means "none"
 * there and must be sent as 0xffff.
 */
function withUdpChecksum(spec: FrameSpec, wanted: number): FrameSpec {
  const at = (value: number): FrameSpec => ({
    ...spec,
    proto: UDP,
    data: Buffer.from([value >> 8, value & 255]),
  });
  const checksumAt = spec.to.includes(":") ? 60 : 40;
  for (let value = 0; value < 0x10000; value++) {
    if (frame(at(value)).readUInt16BE(checksumAt) === wanted) return at(value);
  }
  throw new Error(`no data gives the checksum ${wanted}`);
}

const checksums: Row[] = [0xffff, 0x0001, 0xfffe].flatMap((wanted) => {
  const hex = wanted.toString(16).padStart(4, "0");
  const before4 = withUdpChecksum(nat4, wanted);
  const before6 = withUdpChecksum(nat6, wanted);
  const { data: data4 } = withUdpChecksum({ ...nat4, to: REAL4, dport: NAT_UDP_PORT }, wanted);
  const { data: data6 } = withUdpChecksum({ ...nat6, to: REAL8, dport: NAT_UDP_PORT }, wanted);
  return [
    translated(`UDP checksum 0x${hex} before nat`, before4, REAL4, NAT_UDP_PORT, 4),
    translated(`UDP checksum 0x${hex} before nat, IPv6`, before6, REAL8, NAT_UDP_PORT, 8),
    translated(
      `UDP checksum 0x${hex} after nat`,
      { ...nat4, proto: UDP, data: data4! },
      REAL4,
      NAT_UDP_PORT,
      4,
    ),
    translated(
      `UDP checksum 0x${hex} after nat, IPv6`,
      { ...nat6, proto: UDP, data: data6! },
      REAL8,
      NAT_UDP_PORT,
      8,
    ),
  ];
});

const outcomes: Row[] = [
  {
    name: "a VIP whose backends all weigh 0",
    packet: frame({ ...to4, to: SINGLE.empty }),
    expect: { drop: "no-backend" },
  },
  pass("a backend whose MAC address is not known", frame({ ...to4, to: SINGLE.noMac }), "no-mac"),
  ipipOver4("a wrong IPv4 header checksum is the receiver's business", to4, REAL2, 2),
];

/** The row above with both headers' checksums spoiled inside: dsr never touches the inner packet. */
const spoiled = frame(to4);
const intact = outcomes[2]!.expect as { tx: Buffer };
outcomes[2] = {
  ...outcomes[2]!,
  packet: edit(spoiled, [24, 0xde, 0xad]),
  expect: { tx: edit(intact.tx, [44, 0xde, 0xad]) },
};

export const modeRows: readonly Row[] = [...tunnels, ...natIn, ...natBack, ...checksums, ...outcomes];
