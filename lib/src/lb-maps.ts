import { addressBytes, macBytes } from "./address-bytes";
import { assignNumbers, type LbNumbers } from "./lb-numbers";
import { maglevRing, RING_SIZE } from "./maglev";

/**
 * The contents of xdp_lb's maps for a set of VIPs, as the files that `ebpf-loader map put` takes. Shapes and byte
 * order are those of bpf/include/lb_maps.h, and test/bpf/lb-maps.test.ts compares them with the compiled object.
 * Addresses and ports are in network order, every other integer is little-endian, as on all nodes we support.
 */

export interface LbVip {
  /** IPv4 or IPv6. */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  readonly mode: "dsr-l2" | "dsr-ipip" | "nat";
  /** Never uses the flow table: cheaper, but a change of backends moves flows. */
  readonly stateless?: boolean;
  /** Only the client's address chooses the backend, not its port. */
  readonly hashSource?: boolean;
  /** Short-header QUIC packets go to the backend whose server id is in their connection id. */
  readonly quic?: boolean;
  readonly backends: readonly LbBackend[];
}

export interface LbBackend {
  /** Unique within the VIP; the ring depends on it, so keep it when the address changes. */
  readonly name: string;
  readonly address: string;
  /** MAC address of the backend, or of the router towards it. */
  readonly mac: string;
  /** Mode `nat`: the port on the backend; default the VIP's. */
  readonly port?: number;
  /** 0 to 65535; 0 drains: established flows stay, new ones go elsewhere. */
  readonly weight: number;
  /** Not in the VIP's ring but in that of its candidates, which gets what a traffic split gives it (bpf/loader/split.h). */
  readonly candidate?: boolean;
  /** A dead backend: its flows choose anew with their next packet. */
  readonly down?: boolean;
  /** Mode `quic`: the server id this backend writes into its connection ids, 0 to 65535. */
  readonly serverId?: number;
}

export interface LbSettings {
  /** Equal on every balancer of the same VIPs; default 0. */
  readonly hashSeed?: bigint;
  /** Source addresses of outer headers (mode `dsr-ipip`). */
  readonly tunnel4?: string;
  readonly tunnel6?: string;
  /** UDP flows that were idle for longer choose anew; seconds, default 60, 0 = never. */
  readonly udpIdleSeconds?: number;
  /** New flows per second and CPU above which none enters the flow table; default 0 = no limit. */
  readonly flowRate?: number;
  /** SYNs per second and source prefix (/24 or /64); default 0 = no limit. */
  readonly synRate?: number;
  /** Above `synRate`: balance without a table entry (default), or drop. */
  readonly synAction?: "bypass" | "drop";
}

export interface LbMaps {
  /** Map name and contents, in the order in which they must be written. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** To be handed in as `previous` at the next change. */
  readonly numbers: LbNumbers;
}

const PROTOCOLS = { tcp: 6, udp: 17 } as const;
const MODES = { "dsr-l2": 0, "dsr-ipip": 1, nat: 2 } as const;
const STATELESS = 0x01;
const HASH_SOURCE = 0x02;
const QUIC = 0x04;
const SET_NAT = 0x01;
const UP = 1;
const NO_REAL = 0xffff;
/** VIPs and sets of candidates together. */
const MAX_RINGS = 1024;
/** The data plane's seconds are 2^30 ns. */
const SECOND = 1e9 / 2 ** 30;

/** How a VIP is called in numbers and messages. */
export function vipIdentity({
  address,
  port,
  protocol,
}: Pick<LbVip, "address" | "port" | "protocol">): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}/${protocol}`;
}

/** The address in an identity. */
export function vipAddress(identity: string): string {
  return identity.slice(0, identity.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
}

/** How a backend of a VIP is called in numbers. */
export function backendIdentity(
  vip: Parameters<typeof vipIdentity>[0],
  backend: Pick<LbBackend, "name">,
): string {
  return `${vipIdentity(vip)} ${backend.name}`;
}

/**
 * Encodes VIPs and settings.
 *
 * @param previous the `numbers` of the last call, so that established flows keep their backends
 * @throws RangeError on addresses, weights or counts that the maps cannot hold
 */
export function encodeLbMaps(
  vips: readonly LbVip[],
  settings: LbSettings = {},
  previous?: LbNumbers,
): LbMaps {
  for (const vip of vips) checkVip(vip);
  const sets = vips.filter(({ backends }) => backends.some(({ candidate }) => candidate)).length;
  if (vips.length + sets > MAX_RINGS && sets > 0) {
    throw new RangeError(
      `${String(vips.length)} VIPs, ${String(sets)} of them with candidates, need more rings than the ${String(MAX_RINGS)} there are.`,
    );
  }
  const backends = vips.flatMap((vip) => vip.backends.map((backend) => backendIdentity(vip, backend)));
  const numbers = assignNumbers(vips.map(vipIdentity), backends, previous);
  // By number, so that the same config in another order is the same bytes.
  const numbered = vips.map((vip) => number(vip, numbers)).sort((a, b) => a.index - b.index);

  const files = new Map<string, Buffer>([
    [
      "settings",
      Buffer.concat([
        word(0),
        encodeSettings(
          settings,
          vips.some(({ mode }) => mode === "nat"),
        ),
      ]),
    ],
    ["reals", Buffer.concat(numbered.flatMap(encodeReals))],
    ["rings", Buffer.concat([...numbered.map(encodeRing), ...numbered.flatMap(encodeCandidates)])],
    ["server_ids", Buffer.concat(numbered.flatMap(encodeServerIds))],
    ["vips4", encodeVips(numbered, 4)],
    ["vips6", encodeVips(numbered, 16)],
  ]);
  return { files, numbers };
}

/** A VIP with the numbers it goes by in the maps. */
interface NumberedVip {
  readonly vip: LbVip;
  readonly index: number;
  readonly reals: readonly {
    readonly backend: LbBackend;
    readonly id: number;
    readonly generation: number;
  }[];
}

function number(vip: LbVip, numbers: LbNumbers): NumberedVip {
  const reals = vip.backends
    .map((backend) => {
      const identity = backendIdentity(vip, backend);
      const id = numbers.reals.findIndex((real) => real.backend === identity);
      return { backend, id, generation: numbers.reals[id]?.generation ?? 0 };
    })
    .sort((a, b) => a.id - b.id);
  return { vip, index: numbers.vips.indexOf(vipIdentity(vip)), reals };
}

function checkVip(vip: LbVip): void {
  const where = `VIP ${vipIdentity(vip)}`;
  const family = addressBytes(vip.address).length;
  for (const backend of vip.backends) {
    if (vip.mode === "nat" && addressBytes(backend.address).length !== family) {
      throw new RangeError(
        `${where}: mode nat cannot translate to backend ${backend.name} at ${backend.address} of the other address family; use dsr-ipip.`,
      );
    }
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function encodeSettings(settings: LbSettings, nat: boolean): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.writeBigUInt64LE(settings.hashSeed ?? 0n, 0);
  if (settings.tunnel4 !== undefined) addressBytes(settings.tunnel4).copy(bytes, 8);
  if (settings.tunnel6 !== undefined) addressBytes(settings.tunnel6).copy(bytes, 12);
  bytes.writeUInt32LE(Math.round((settings.udpIdleSeconds ?? 60) * SECOND), 28);
  bytes.writeUInt32LE(settings.flowRate ?? 0, 32);
  bytes.writeUInt32LE(settings.synRate ?? 0, 36);
  bytes.writeUInt32LE(settings.synAction === "drop" ? 1 : 0, 40);
  bytes.writeUInt32LE(nat ? SET_NAT : 0, 44);
  return bytes;
}

function encodeReals({ vip, reals }: NumberedVip): Buffer[] {
  return reals.map(({ backend, id, generation }) => {
    const address = addressBytes(backend.address);
    const bytes = Buffer.alloc(4 + 32);
    bytes.writeUInt32LE(id, 0);
    address.copy(bytes, 4);
    macBytes(backend.mac).copy(bytes, 20);
    bytes.writeUInt16BE(backend.port ?? vip.port, 26);
    bytes.writeUInt16LE(generation, 28);
    bytes.writeUInt8(backend.down ? 0 : UP, 30);
    bytes.writeUInt8(address.length === 4 ? 4 : 6, 31);
    return bytes;
  });
}

function encodeRing(vip: NumberedVip): Buffer {
  return ringRecord(vip.index, vip.reals, ({ candidate }) => candidate !== true);
}

/** The ring of a VIP's candidates, LB_CANDIDATE_RING of bpf/include/lb_maps.h: counted from the end. */
export const candidateRing = (index: number): number => MAX_RINGS - 1 - index;

function encodeCandidates({ index, reals }: NumberedVip): Buffer[] {
  if (!reals.some(({ backend }) => backend.candidate)) return [];
  return [ringRecord(candidateRing(index), reals, ({ candidate }) => candidate === true)];
}

/** One record of a map of maps: outer key, number of inner records, inner key 0, ring. */
function ringRecord(
  ring: number,
  reals: NumberedVip["reals"],
  member: (backend: LbBackend) => boolean,
): Buffer {
  const alive = reals.map(({ backend }) => ({
    name: backend.name,
    weight: backend.down || !member(backend) ? 0 : backend.weight,
  }));
  const bytes = Buffer.alloc(4 + 4 + 4 + 2 * RING_SIZE + 2);
  bytes.writeUInt32LE(ring, 0);
  bytes.writeUInt32LE(1, 4);
  maglevRing(alive).forEach((backend, slot) => {
    bytes.writeUInt16LE(reals[backend]?.id ?? NO_REAL, 12 + 2 * slot);
  });
  return bytes;
}

function encodeServerIds({ index, reals }: NumberedVip): Buffer[] {
  return reals.flatMap(({ backend, id }) => {
    if (backend.serverId === undefined) return [];
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(index, 0);
    bytes.writeUInt16BE(backend.serverId, 2);
    bytes.writeUInt32LE(id, 4);
    return [bytes];
  });
}

function encodeVips(numbered: readonly NumberedVip[], addressLength: 4 | 16): Buffer {
  const chosen = numbered.filter(({ vip }) => addressBytes(vip.address).length === addressLength);
  // Fragments have no ports: of the VIPs of one address and protocol the one with the lowest port takes them.
  const fragments = new Map<string, NumberedVip>();
  for (const entry of [...chosen].sort((a, b) => a.vip.port - b.vip.port)) {
    const key = vipIdentity({ ...entry.vip, port: 0 });
    if (!fragments.has(key)) fragments.set(key, entry);
  }
  return Buffer.concat([
    ...chosen.map((entry) => encodeVip(entry, entry.vip.port)),
    ...[...fragments.values()].map((entry) => encodeVip(entry, 0)),
  ]);
}

function encodeVip({ vip, index }: NumberedVip, port: number): Buffer {
  const address = addressBytes(vip.address);
  const key = Buffer.alloc(address.length + 4);
  address.copy(key);
  key.writeUInt16BE(port, address.length);
  key.writeUInt8(PROTOCOLS[vip.protocol], address.length + 2);
  const value = Buffer.alloc(8);
  value.writeUInt16LE(index, 0);
  value.writeUInt16LE(index, 2);
  value.writeUInt8(MODES[vip.mode], 4);
  value.writeUInt8(
    (vip.stateless ? STATELESS : 0) | (vip.hashSource ? HASH_SOURCE : 0) | (vip.quic ? QUIC : 0),
    5,
  );
  return Buffer.concat([key, value]);
}
