import { GUARD_REASONS, type GuardReason, type GuardRules } from "../../../lib/src/guard-maps";
import { addressBytes } from "../../../lib/src/address-bytes";
import { parseFrame, Unbalanced, type ParsedFrame } from "./lb-model-parse";

/** What xdp_guard must decide without rates, written down from bpf/include/guard_maps.h and dns.bpf.h alone. */
export class GuardModel {
  private readonly denied: readonly string[];
  readonly packets = new Map<GuardReason, number>();

  constructor(private readonly rules: GuardRules) {
    this.denied = rules.deny.map((text) => {
      const [address = "", length] = text.split("/");
      return bits(addressBytes(address)).slice(0, Number(length));
    });
  }

  run(frame: Buffer): GuardReason {
    const reason = this.judge(frame);
    this.packets.set(reason, (this.packets.get(reason) ?? 0) + 1);
    return reason;
  }

  private judge(frame: Buffer): GuardReason {
    let parsed: ParsedFrame | undefined;
    try {
      parsed = parseFrame(frame);
    } catch (error) {
      if (!(error instanceof Unbalanced)) throw error;
      if (error.reason !== "unsupported") return error.reason as GuardReason;
    }
    const source = sourceOf(frame);
    const wanted = bits(source);
    // A prefix of one family never matches an address of the other.
    const family =
      source.length === 4 ? (text: string) => !text.includes(":") : (text: string) => text.includes(":");
    if (this.rules.deny.some((text, rule) => family(text) && wanted.startsWith(this.denied[rule]!)))
      return "denied";
    if (!parsed) return "unsupported";
    const { labelMax } = this.rules.dns ?? {};
    if (labelMax === undefined) return "passed";
    const longest = longestLabel(frame, parsed);
    if (longest === "unreadable") return "dns-malformed";
    return longest > labelMax ? "dns-label" : "passed";
  }
}

/** The source's address, found without the transport header. */
function sourceOf(frame: Buffer): Buffer {
  let l3 = 14;
  while ([0x8100, 0x88a8].includes(frame.readUInt16BE(l3 - 2))) l3 += 4;
  return frame.readUInt16BE(l3 - 2) === 0x0800
    ? frame.subarray(l3 + 12, l3 + 16)
    : frame.subarray(l3 + 8, l3 + 24);
}

/** Longest label of the first question of a query over UDP; 0 for everything else. */
function longestLabel(frame: Buffer, { proto, fragment, l4, l4Length }: ParsedFrame): number | "unreadable" {
  if (proto !== 17 || fragment === "later" || frame.length < l4 + 20) return 0;
  if (frame.readUInt16BE(l4 + 2) !== 53 || frame[l4 + 10]! & 0x80) return 0;
  const length = Math.min(frame.readUInt16BE(l4 + 4), l4Length);
  if (length < 20 || frame.readUInt16BE(l4 + 12) === 0) return 0;
  const message = frame.subarray(l4, l4 + length);
  let longest = 0;
  for (let at = 20; ;) {
    const size = message[at];
    if (size === undefined) return "unreadable";
    if (size === 0) return longest;
    at += size + 1;
    // A name has at most 255 bytes with the root, a label 63; above are pointers and what is reserved.
    if (size > 63 || at - 20 > 254) return "unreadable";
    longest = Math.max(longest, size);
  }
}

function bits(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
}

export { GUARD_REASONS };
