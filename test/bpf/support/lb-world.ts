import { encodeLbMaps, type LbBackend, type LbSettings, type LbVip } from "../../../lib/src/lb-maps";
import type { LbNumbers } from "../../../lib/src/lb-numbers";
import { buildObject } from "./objects";
import { BpfRunner, type RunnerOptions } from "./runner";

/** The VIPs of the packet tables: RFC 2544 addresses for IPv4, RFC 5180 ones (2001:2::/48) for IPv6. */

export const CLIENT4 = "198.18.0.30";
export const CLIENT6 = "2001:2:0:1::30";
export const TUNNEL4 = "198.18.0.10";
export const TUNNEL6 = "2001:2:0:1::10";

export const SETTINGS: LbSettings = {
  hashSeed: 0x1234_5678_9abc_def0n,
  tunnel4: TUNNEL4,
  tunnel6: TUNNEL6,
  udpIdleSeconds: 0,
};

/** Backend n has the last MAC and address byte n. */
export function backend4(n: number, more: Partial<LbBackend> = {}): LbBackend {
  return { name: `b${n}`, address: `198.18.1.${n}`, mac: mac(n), weight: 1, ...more };
}

export function backend6(n: number, more: Partial<LbBackend> = {}): LbBackend {
  return { name: `b${n}`, address: `2001:2:0:2::${n.toString(16)}`, mac: mac(n), weight: 1, ...more };
}

export function mac(n: number): string {
  return `02:00:00:00:01:${n.toString(16).padStart(2, "0")}`;
}

/** VIPs with one backend each, so that a table can say where a packet goes. */
export const SINGLE = {
  l2: "198.18.0.100",
  ipip: "198.18.0.101",
  ipipOver6: "198.18.0.102",
  nat: "198.18.0.103",
  empty: "198.18.0.108",
  noMac: "198.18.0.109",
  l26: "2001:2:0:1::100",
  ipip6: "2001:2:0:1::101",
  ipip6Over4: "2001:2:0:1::102",
  nat6: "2001:2:0:1::103",
} as const;

/** VIPs with several backends. */
export const SHARED = {
  stateless: "198.18.0.104",
  bySource: "198.18.0.105",
  table: "198.18.0.106",
  quic: "198.18.0.107",
  table6: "2001:2:0:1::106",
} as const;

/** Ports on the backends of the nat VIPs. */
export const NAT_TCP_PORT = 8080;
export const NAT_UDP_PORT = 5353;

function both(address: string, mode: LbVip["mode"], backend: (n: number) => LbBackend, n: number): LbVip[] {
  const nat = mode === "nat";
  return [
    {
      address,
      port: 80,
      protocol: "tcp",
      mode,
      backends: [{ ...backend(n), ...(nat && { port: NAT_TCP_PORT }) }],
    },
    {
      address,
      port: 53,
      protocol: "udp",
      mode,
      backends: [{ ...backend(n), ...(nat && { port: NAT_UDP_PORT }) }],
    },
  ];
}

const three = [backend4(11), backend4(12, { weight: 2 }), backend4(13)];

export const VIPS: readonly LbVip[] = [
  ...both(SINGLE.l2, "dsr-l2", backend4, 1),
  ...both(SINGLE.ipip, "dsr-ipip", backend4, 2),
  ...both(SINGLE.ipipOver6, "dsr-ipip", backend6, 3),
  ...both(SINGLE.nat, "nat", backend4, 4),
  ...both(SINGLE.l26, "dsr-l2", backend6, 5),
  ...both(SINGLE.ipip6, "dsr-ipip", backend6, 6),
  ...both(SINGLE.ipip6Over4, "dsr-ipip", backend4, 7),
  ...both(SINGLE.nat6, "nat", backend6, 8),
  {
    address: SINGLE.empty,
    port: 80,
    protocol: "tcp",
    mode: "dsr-l2",
    backends: [backend4(9, { weight: 0 })],
  },
  {
    address: SINGLE.noMac,
    port: 80,
    protocol: "tcp",
    mode: "dsr-l2",
    backends: [backend4(9, { mac: "00:00:00:00:00:00" })],
  },
  {
    address: SHARED.stateless,
    port: 80,
    protocol: "tcp",
    mode: "dsr-ipip",
    stateless: true,
    backends: three,
  },
  { address: SHARED.bySource, port: 80, protocol: "tcp", mode: "dsr-l2", hashSource: true, backends: three },
  { address: SHARED.table, port: 80, protocol: "tcp", mode: "dsr-l2", backends: three },
  { address: SHARED.table, port: 53, protocol: "udp", mode: "dsr-l2", backends: three },
  {
    address: SHARED.quic,
    port: 443,
    protocol: "udp",
    mode: "dsr-l2",
    quic: true,
    backends: [backend4(11, { serverId: 0x0102 }), backend4(12, { serverId: 0xfffe }), backend4(13)],
  },
  {
    address: SHARED.table6,
    port: 80,
    protocol: "tcp",
    mode: "dsr-ipip",
    backends: [backend6(14), backend4(15), backend6(16)],
  },
];

/** Loads xdp_lb and writes a configuration into its maps. */
export async function startLb(
  vips: readonly LbVip[] = VIPS,
  settings: LbSettings = SETTINGS,
  options: RunnerOptions = {},
): Promise<{ runner: BpfRunner; numbers: LbNumbers }> {
  const runner = await BpfRunner.start([{ path: buildObject("xdp_lb") }], {
    maxEntries: { flows4: 65536, flows6: 65536, ...options.maxEntries },
  });
  await runner.useCpu(0);
  return { runner, numbers: await configure(runner, vips, settings) };
}

/** Writes a configuration as the loader does, in the order the encoder gives. */
export async function configure(
  runner: BpfRunner,
  vips: readonly LbVip[],
  settings: LbSettings,
  previous?: LbNumbers,
): Promise<LbNumbers> {
  const { files, numbers } = encodeLbMaps(vips, settings, previous);
  for (const [map, bytes] of files) if (bytes.length > 0) await runner.putFile(map, bytes);
  return numbers;
}
