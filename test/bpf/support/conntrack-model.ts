import { parseFrame, Unbalanced, type ParsedFrame } from "./lb-model-parse";

/** What xdp_conntrack and tc_flow must count, written down from bpf/include/conntrack_maps.h alone. */

export interface TrackedFlow {
  packets: number;
  bytes: number;
  state: number;
  flags: number;
}

/** enum conntrack_counter, in order. */
export const COUNTERS = [
  "tracked",
  "new",
  "full",
  "fragment",
  "other",
  "not-ip",
  "malformed",
  "unsupported",
] as const;
export type Counter = (typeof COUNTERS)[number];

export const STATE = { unseen: 0, new: 1, answered: 2, established: 3, closing: 4, reset: 5 } as const;

export class ConntrackModel {
  /** By the key of the map, in hexadecimal. */
  readonly flows = new Map<string, TrackedFlow>();
  readonly counters = new Map<Counter, number>();

  /** @param portless whether what is neither TCP nor UDP is a flow too */
  constructor(private readonly portless = false) {}

  run(frame: Buffer): void {
    const counter = this.track(frame);
    this.count(counter);
  }

  private count(counter: Counter): void {
    this.counters.set(counter, (this.counters.get(counter) ?? 0) + 1);
  }

  private track(frame: Buffer): Counter {
    let p: ParsedFrame;
    try {
      p = parseFrame(frame);
    } catch (error) {
      if (error instanceof Unbalanced) return error.reason as Counter;
      throw error;
    }
    if (p.fragment === "later") return "fragment";
    const transport = p.proto === 6 || p.proto === 17;
    if (!transport && !this.portless) return "other";
    if (transport && p.l4Length < (p.proto === 6 ? 20 : 8)) return "malformed";
    if (p.proto === 6 && frame[p.l4 + 12]! >> 4 < 5) return "malformed";

    const addresses =
      p.family === 4 ? frame.subarray(p.l3 + 12, p.l3 + 20) : frame.subarray(p.l3 + 8, p.l3 + 40);
    const ports = transport ? frame.subarray(p.l4, p.l4 + 4) : Buffer.alloc(4);
    const key = Buffer.concat([addresses, ports, Buffer.from([p.proto, 0, 0, 0])]).toString("hex");
    const flags = p.proto === 6 ? frame[p.l4 + 13]! : 0;
    const known = this.flows.get(key);
    if (!known) this.count("new");
    const flow = known ?? { packets: 0, bytes: 0, state: STATE.unseen, flags: 0 };
    flow.packets += 1;
    flow.bytes += p.ipLength;
    flow.state = nextState(flow.state, p.proto, flags);
    flow.flags |= flags;
    this.flows.set(key, flow);
    return "tracked";
  }
}

function nextState(state: number, proto: number, flags: number): number {
  if (proto !== 6) return state === STATE.unseen ? STATE.new : STATE.established;
  if (flags & 0x04) return STATE.reset;
  if (flags & 0x02) return flags & 0x10 ? STATE.answered : STATE.new;
  if (flags & 0x01) return STATE.closing;
  return state >= STATE.closing ? state : STATE.established;
}
