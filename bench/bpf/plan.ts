import type { LbBackend, LbVip } from "../../lib/src/lb-maps";
import { ACK, frame, SYN, UDP, type FrameSpec } from "../../test/bpf/support/frames";

/** What is measured: groups of variants that run interleaved in one process, so that their ratios mean something. */

export interface Variant {
  readonly name: string;
  /** What runs after the packet is restored: the transmit program, the tracker, hops of the chain, or the balancer. */
  readonly program:
    "base" | "xdp_conntrack" | { readonly hops: number } | { readonly vips: readonly LbVip[] };
  readonly packet: Buffer;
  /** Clients that take turns; every packet is a new flow when there are more than the tables hold. */
  readonly flows: number;
  /** Destinations that take turns, a power of two. */
  readonly vips?: number;
}

export interface Group {
  readonly title: string;
  readonly note: string;
  readonly variants: readonly Variant[];
  /** Table sizes other than those of the object. */
  readonly maxEntries?: Readonly<Record<string, number>>;
}

const VIP4 = "198.18.0.100";
const VIP6 = "2001:2:0:1::100";
export const NEW_EVERY_TIME = 1 << 24;

export function backends(count: number, v6 = false): LbBackend[] {
  return Array.from({ length: count }, (_, index) => {
    const [high, low] = [index >> 8, index & 255];
    return {
      name: `backend-${index}`,
      address: v6 ? `2001:2:0:2::${(index + 1).toString(16)}` : `198.18.${16 + high}.${low}`,
      mac: `02:00:00:00:${high.toString(16).padStart(2, "0")}:${low.toString(16).padStart(2, "0")}`,
      weight: 1,
    };
  });
}

function vip(mode: LbVip["mode"], more: Partial<LbVip> = {}): LbVip {
  const v6 = more.address?.includes(":") ?? false;
  return { address: VIP4, port: 80, protocol: "tcp", mode, backends: backends(100, v6), ...more };
}

/** A frame of at least `size` bytes; 64 and 80 are what the restoring program writes. */
function packet(size: number, spec: Partial<FrameSpec> = {}): Buffer {
  const whole = { from: "10.0.0.1", to: VIP4, flags: ACK, ...spec };
  const bare = frame(whole).length;
  return frame({ ...whole, data: Buffer.alloc(Math.max(0, size - bare)) });
}

const small4 = packet(64);
const small6 = packet(80, { from: "2001:2::1", to: VIP6 });
const large4 = packet(1400);
const syn4 = packet(64, { flags: SYN });
const udp4 = packet(64, { proto: UDP });

const base4: Omit<Variant, "flows"> = { name: "base", program: "base", packet: small4 };
const base6: Omit<Variant, "flows"> = { name: "base, IPv6", program: "base", packet: small6 };

function balancer(name: string, vips: readonly LbVip[], bytes: Buffer): Omit<Variant, "flows"> {
  return { name, program: { vips }, packet: bytes };
}

const ipip = balancer("dsr-ipip", [vip("dsr-ipip")], small4);
const l2 = balancer("dsr-l2", [vip("dsr-l2")], small4);
const stateless = balancer("dsr-ipip, stateless", [vip("dsr-ipip", { stateless: true })], small4);
const nat = balancer("nat", [vip("nat")], small4);
const udp = balancer("dsr-ipip, UDP", [vip("dsr-ipip", { protocol: "udp", port: 53 })], udp4);
const ipip6 = balancer("dsr-ipip, 6 in 6", [vip("dsr-ipip", { address: VIP6 })], small6);
const l26 = balancer("dsr-l2, IPv6", [vip("dsr-l2", { address: VIP6 })], small6);
const conntrack: Omit<Variant, "flows"> = { name: "xdp_conntrack", program: "xdp_conntrack", packet: small4 };

function at(flows: number, ...variants: Omit<Variant, "flows">[]): Variant[] {
  return variants.map((variant) => ({ ...variant, flows }));
}

const manyVips = (count: number): LbVip[] =>
  Array.from({ length: count }, (_, index) =>
    vip("dsr-ipip", { address: `198.19.${index >> 8}.${index & 255}`, backends: backends(3) }),
  );

export const groups: readonly Group[] = [
  ...[1, 1024, 65536].map((flows) => ({
    title: `${flows.toLocaleString("en")} ${flows === 1 ? "flow" : "flows"}, 64 bytes, table hit`,
    note: "100 backends, one VIP; IPv6 frames have 80 bytes.",
    variants: at(flows, base4, l2, ipip, stateless, nat, udp, conntrack, base6, l26, ipip6),
    maxEntries: { nat4: 262144 },
  })),
  {
    title: "1,048,576 flows, 64 bytes, table hit",
    note: "Tables of 4,194,304 entries.",
    variants: at(1 << 20, base4, l2, ipip, stateless),
    maxEntries: { flows4: 1 << 22, flows6: 1024 },
  },
  {
    title: "1,024 flows, 1,400 bytes, table hit",
    note: "The cost of a packet must not depend on its length.",
    variants: at(1024, { ...base4, packet: large4 }, { ...ipip, packet: large4 }, { ...nat, packet: large4 }),
  },
  {
    title: "New flows and misses",
    note: "Every packet is of another flow; the tables are full and make room.",
    variants: [
      ...at(1024, base4),
      ...at(
        NEW_EVERY_TIME,
        { ...ipip, name: "dsr-ipip, SYN of a new flow", packet: syn4 },
        { ...ipip, name: "dsr-ipip, ACK of an unknown flow" },
        { ...conntrack, name: "xdp_conntrack, new flow" },
      ),
    ],
  },
  {
    title: "Backends of one VIP, 1,024 flows, dsr-ipip, table hit",
    note: "",
    variants: at(
      1024,
      base4,
      ...[3, 100, 600, 4096].map((count) =>
        balancer(`${count} backends`, [vip("dsr-ipip", { backends: backends(count) })], small4),
      ),
    ),
  },
  {
    title: "VIPs that take turns, 1,024 flows, dsr-ipip, table hit",
    note: "Three backends each.",
    variants: [
      ...at(1024, base4),
      ...[1, 8, 64, 512].map((count) => ({
        ...balancer(
          `${count} ${count === 1 ? "VIP" : "VIPs"}`,
          manyVips(count),
          packet(64, { to: "198.19.0.0" }),
        ),
        flows: 1024,
        vips: count,
      })),
    ],
  },
  {
    title: "The chain",
    note: "Programs that only go on to the next slot, before the one that transmits.",
    variants: [0, 1, 2, 4, 7].map((hops) => ({
      name: hops === 0 ? "base" : `${hops} ${hops === 1 ? "slot" : "slots"} more`,
      program: hops === 0 ? ("base" as const) : { hops },
      packet: small4,
      flows: 1024,
    })),
  },
];
