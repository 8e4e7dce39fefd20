import { addressBytes, macBytes } from "../../../lib/src/address-bytes";
import { vipIdentity, type LbBackend, type LbSettings, type LbVip } from "../../../lib/src/lb-maps";
import { maglevRing, RING_SIZE } from "../../../lib/src/maglev";
import { checksum } from "./frames";
import { parseFrame, readFlow, Unbalanced, type Flow, type ParsedFrame, type Reason } from "./lb-model-parse";
import { XDP } from "./runner";

/**
 * What xdp_lb must do with a packet, computed from the configuration instead of from maps: the oracle of the packet
 * tables and of the fuzzer. It keeps flow and NAT tables like the program, without their limits.
 */

export interface Outcome {
  readonly verdict: number;
  readonly packet: Buffer;
  readonly reason?: Reason;
  readonly vip?: string;
  readonly backend?: string;
}

interface NatEntry {
  readonly vip: Buffer;
  readonly port: number;
  readonly mac: Buffer;
  readonly backend: LbBackend;
}

interface VipState {
  readonly vip: LbVip;
  readonly ring: Int32Array;
  readonly flows: Map<string, LbBackend>;
}

export interface Tally {
  packets: number;
  bytes: number;
  newFlows: number;
  misses: number;
}

const U64 = (1n << 64n) - 1n;

function mix(value: bigint): bigint {
  let x = value & U64;
  x ^= x >> 30n;
  x = (x * 0xbf58476d1ce4e5b9n) & U64;
  x ^= x >> 27n;
  x = (x * 0x94d049bb133111ebn) & U64;
  return x ^ (x >> 31n);
}

/** The flow hash of bpf/include/lb_hash.bpf.h: words as a little-endian machine reads them. */
export function flowHash(seed: bigint, client: Buffer, port: number): bigint {
  const raw = BigInt(((port & 255) << 8) | (port >> 8));
  if (client.length === 4) return mix(seed ^ ((raw << 32n) | BigInt(client.readUInt32LE())));
  const x = ((seed ^ client.readBigUInt64LE(0)) * 0x9e3779b97f4a7c15n) & U64;
  return mix((x ^ (x >> 32n)) + client.readBigUInt64LE(8) + (raw << 48n));
}

export function ringSlot(hash: bigint): number {
  return Number(((hash & 0xffffffffn) * BigInt(RING_SIZE)) >> 32n);
}

const rings = new Map<string, Int32Array>();

/** The ring of a VIP, computed once for each set of names and weights: models are made by the hundred. */
function ringOf({ backends }: LbVip): Int32Array {
  const alive = backends.map(({ name, weight, down }) => ({ name, weight: down ? 0 : weight }));
  const key = JSON.stringify(alive);
  const ring = rings.get(key) ?? maglevRing(alive);
  rings.set(key, ring);
  return ring;
}

export class LbModel {
  readonly reasons = new Map<Reason, number>();
  readonly byVip = new Map<string, Tally>();
  readonly byBackend = new Map<string, Tally>();
  private readonly vips = new Map<string, VipState>();
  private readonly fragmentVips = new Map<string, VipState>();
  private readonly nat = new Map<string, NatEntry>();

  constructor(
    vips: readonly LbVip[],
    private readonly settings: LbSettings = {},
  ) {
    for (const vip of [...vips].sort((a, b) => a.port - b.port)) {
      const state = { vip, ring: ringOf(vip), flows: new Map<string, LbBackend>() };
      const address = addressBytes(vip.address).toString("hex");
      const proto = vip.protocol === "tcp" ? 6 : 17;
      this.vips.set(`${address} ${vip.port} ${proto}`, state);
      if (!this.fragmentVips.has(`${address} ${proto}`)) this.fragmentVips.set(`${address} ${proto}`, state);
    }
  }

  run(frame: Buffer): Outcome {
    try {
      return this.balance(frame);
    } catch (error) {
      if (!(error instanceof Unbalanced)) throw error;
      const { reason } = error;
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
      const dropped = ["no-backend", "syn-rate", "collision"].includes(reason);
      return { verdict: dropped ? XDP.DROP : XDP.PASS, packet: frame, reason };
    }
  }

  private balance(frame: Buffer): Outcome {
    const p = parseFrame(frame);
    const flow = readFlow(frame, p);
    const key = `${flow.vip.toString("hex")} ${flow.vipPort} ${flow.proto}`;
    const state =
      flow.kind === "fragment"
        ? this.fragmentVips.get(`${flow.vip.toString("hex")} ${flow.proto}`)
        : this.vips.get(key);
    if (!state) return this.answer(frame, p, flow);
    const chosen = this.choose(frame, p, flow, state);
    const { vip } = state;
    if (macBytes(chosen.backend.mac).every((byte) => byte === 0)) throw new Unbalanced("no-mac");
    const packet =
      vip.mode === "dsr-l2"
        ? withMacs(frame, macBytes(chosen.backend.mac))
        : vip.mode === "dsr-ipip"
          ? this.encapsulate(frame, p, flow, chosen.backend)
          : this.translate(frame, p, flow, vip, chosen.backend);
    const identity = vipIdentity(vip);
    const backend = `${identity} ${chosen.backend.name}`;
    add(this.byVip, identity, p.ipLength, chosen);
    add(this.byBackend, backend, p.ipLength, chosen);
    return { verdict: XDP.TX, packet, vip: identity, backend: chosen.backend.name };
  }

  private choose(
    frame: Buffer,
    p: ParsedFrame,
    flow: Flow,
    { vip, ring, flows }: VipState,
  ): { backend: LbBackend; fresh: boolean; missed: boolean } {
    const known = { fresh: false, missed: false };
    if (vip.quic && p.proto === 17 && flow.kind === "direct") {
      const backend = quicBackend(frame, p, vip);
      if (backend) return { backend, ...known };
    }
    const useTable = flow.kind !== "fragment" && !vip.stateless;
    const key = `${flow.client.toString("hex")} ${flow.clientPort}`;
    const syn = flow.proto === 6 && (flow.flags & 0x12) === 0x02;
    const entry = useTable ? flows.get(key) : undefined;
    if (entry && !entry.down && !syn) return { backend: entry, ...known };

    const backend = this.askRing(vip, ring, flow);
    if (!useTable || flow.kind === "quoted" || flow.flags & 0x04) return { backend, ...known };
    flows.set(key, backend);
    const fresh = syn || flow.proto === 17;
    return { backend, fresh, missed: !fresh };
  }

  private askRing(vip: LbVip, ring: Int32Array, flow: Flow): LbBackend {
    const port = vip.hashSource || flow.kind === "fragment" ? 0 : flow.clientPort;
    const hash = flowHash(this.settings.hashSeed ?? 0n, flow.client, port);
    const backend = vip.backends[ring[ringSlot(hash)]!];
    if (!backend) throw new Unbalanced("no-backend");
    return backend;
  }

  private encapsulate(frame: Buffer, p: ParsedFrame, flow: Flow, backend: LbBackend): Buffer {
    const to = addressBytes(backend.address);
    const v6 = p.family === 6;
    const tos = v6 ? (frame.readUInt16BE(p.l3) >> 4) & 255 : frame[p.l3 + 1]!;
    const outer = Buffer.alloc(to.length === 4 ? 20 : 40);
    if (to.length === 4) {
      outer[0] = 0x45;
      outer[1] = tos;
      outer.writeUInt16BE(p.ipLength + 20, 2);
      outer.writeUInt16BE(v6 ? 0 : frame.readUInt16BE(p.l3 + 4), 4);
      outer.writeUInt16BE(v6 ? 0x4000 : frame.readUInt16BE(p.l3 + 6) & 0x4000, 6);
      outer[8] = 64;
      outer[9] = v6 ? 41 : 4;
      addressBytes(this.settings.tunnel4 ?? "0.0.0.0").copy(outer, 12);
      to.copy(outer, 16);
      outer.writeUInt16BE(checksum(outer), 10);
    } else {
      const label = ((flow.clientPort & 255) << 8) | (flow.clientPort >> 8);
      outer.writeUInt32BE((0x60000000 | (tos << 20) | label) >>> 0, 0);
      outer.writeUInt16BE(p.ipLength, 4);
      outer[6] = v6 ? 41 : 4;
      outer[7] = 64;
      addressBytes(this.settings.tunnel6 ?? "::").copy(outer, 8);
      to.copy(outer, 24);
    }
    const l2 = withMacs(frame.subarray(0, p.l3), macBytes(backend.mac));
    l2.writeUInt16BE(to.length === 4 ? 0x0800 : 0x86dd, p.l3 - 2);
    return Buffer.concat([l2, outer, frame.subarray(p.l3)]);
  }

  private translate(frame: Buffer, p: ParsedFrame, flow: Flow, vip: LbVip, backend: LbBackend): Buffer {
    if (flow.kind === "fragment") throw new Unbalanced("fragment");
    const real = addressBytes(backend.address);
    if (real.length !== flow.vip.length) throw new Unbalanced("family");
    const port = backend.port ?? vip.port;
    if (flow.kind === "direct") {
      const key = natKey(real, port, flow.client, flow.clientPort, flow.proto);
      const old = this.nat.get(key);
      if (old && !(old.vip.equals(flow.vip) && old.port === flow.vipPort)) throw new Unbalanced("collision");
      const mac = old?.mac ?? Buffer.from(frame.subarray(6, 12));
      this.nat.set(key, { vip: flow.vip, port: flow.vipPort, mac, backend });
    }
    const packet = withMacs(frame, macBytes(backend.mac));
    const outer = flow.kind === "quoted" ? p.l3 + (p.family === 4 ? 16 : 24) : undefined;
    rewrite(packet, p, flow, { address: flow.at.vip, port: flow.at.vipPort }, outer, real, port);
    return packet;
  }

  /** A packet for no VIP may be the answer of a nat backend: its "client" is the backend, its "VIP" the client. */
  private answer(frame: Buffer, p: ParsedFrame, flow: Flow): Outcome {
    const key = natKey(flow.client, flow.clientPort, flow.vip, flow.vipPort, flow.proto);
    const entry = flow.kind === "fragment" ? undefined : this.nat.get(key);
    if (!entry) throw new Unbalanced("not-vip");
    const packet = withMacs(frame, entry.mac);
    const source = p.l3 + (p.family === 4 ? 12 : 8);
    const own = frame.subarray(source, source + flow.client.length).equals(flow.client);
    const outer = flow.kind === "quoted" && own ? source : undefined;
    const at = { address: flow.at.client, port: flow.at.clientPort };
    rewrite(packet, p, flow, at, outer, entry.vip, entry.port);
    return { verdict: XDP.TX, packet, backend: entry.backend.name };
  }
}

function add(
  tallies: Map<string, Tally>,
  name: string,
  bytes: number,
  { fresh, missed }: { fresh: boolean; missed: boolean },
): void {
  const tally = tallies.get(name) ?? { packets: 0, bytes: 0, newFlows: 0, misses: 0 };
  tally.packets += 1;
  tally.bytes += bytes;
  tally.newFlows += fresh ? 1 : 0;
  tally.misses += missed ? 1 : 0;
  tallies.set(name, tally);
}

function natKey(real: Buffer, realPort: number, client: Buffer, clientPort: number, proto: number): string {
  return `${real.toString("hex")} ${realPort} ${client.toString("hex")} ${clientPort} ${proto}`;
}

/** A copy of the frame to the given next hop, from the address it came to. */
function withMacs(frame: Buffer, to: Buffer): Buffer {
  const copy = Buffer.from(frame);
  frame.copy(copy, 6, 0, 6);
  to.copy(copy, 0);
  return copy;
}

function quicBackend(frame: Buffer, p: ParsedFrame, vip: LbVip): LbBackend | undefined {
  const quic = frame.subarray(p.l4 + 8, p.l4 + p.l4Length);
  if (quic.length < 4 || quic[0]! >> 6 !== 1 || quic[1]! >> 5 === 7) return undefined;
  return vip.backends.find(({ serverId, down }) => serverId === quic.readUInt16BE(2) && !down);
}

/** The one's complement sum of what a change adds to a checksum: ~old + new, word by word. */
function difference(before: Buffer, after: Buffer): number {
  let sum = 0;
  for (let i = 0; i < before.length; i += 2) {
    sum += (~before.readUInt16BE(i) & 0xffff) + after.readUInt16BE(i);
  }
  return sum;
}

/** RFC 1624, equation 3. */
function patchChecksum(packet: Buffer, at: number, change: number): void {
  let sum = (~packet.readUInt16BE(at) & 0xffff) + change;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  packet.writeUInt16BE(~sum & 0xffff, at);
}

function overwrite(packet: Buffer, at: number, bytes: Buffer): number {
  const change = difference(packet.subarray(at, at + bytes.length), bytes);
  bytes.copy(packet, at);
  return change;
}

/** Writes an address and port, at `at` and for a quoted packet in the outer header too, and mends the checksums. */
function rewrite(
  packet: Buffer,
  p: ParsedFrame,
  flow: Flow,
  at: { address: number; port: number },
  outer: number | undefined,
  address: Buffer,
  port: number,
): void {
  const portBytes = Buffer.alloc(2);
  portBytes.writeUInt16BE(port);
  const v4 = p.family === 4;
  if (flow.kind === "quoted") {
    let change = 0;
    if (outer !== undefined) {
      const moved = overwrite(packet, outer, address);
      if (v4) patchChecksum(packet, p.l3 + 10, moved);
      else change += moved;
    }
    const inside = overwrite(packet, at.address, address);
    if (v4) patchChecksum(packet, p.l4 + 8 + 10, inside);
    else change += inside;
    change += overwrite(packet, at.port, portBytes);
    patchChecksum(packet, p.l4 + 2, change);
    return;
  }
  const moved = overwrite(packet, at.address, address);
  const change = moved + overwrite(packet, at.port, portBytes);
  if (v4) patchChecksum(packet, p.l3 + 10, moved);
  if (flow.proto === 6) {
    patchChecksum(packet, p.l4 + 16, change);
  } else if (packet.readUInt16BE(p.l4 + 6) !== 0) {
    patchChecksum(packet, p.l4 + 6, change);
    if (packet.readUInt16BE(p.l4 + 6) === 0) packet.writeUInt16BE(0xffff, p.l4 + 6);
  }
}
