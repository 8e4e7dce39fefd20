import { parsePrefix, type Prefix } from "./prefix";

/**
 * The contents of xdp_guard's maps, as the files that `ebpf-loader map put` takes. Shapes and byte order are those of
 * bpf/include/guard_maps.h, and test/bpf/xdp-guard.test.ts compares them with the compiled object.
 */

export interface GuardRules {
  /** IPv4 and IPv6 networks whose packets match; at most 16,384. */
  readonly deny: readonly string[];
  /** Packets per second of one source (an IPv4 address, an IPv6 /64). Default no limit. */
  readonly sourceRate?: number;
  readonly dns?: {
    /** Longest label of a name, 1 to 62. Default any. */
    readonly labelMax?: number;
    /** Queries per second of one source. Default no limit. */
    readonly rate?: number;
  };
  /** Every n-th match becomes an event; 0: none. */
  readonly sample: number;
}

/** GUARD_MAX_RULES */
export const MAX_DENIED = 16_384;

/** enum guard_reason of bpf/include/guard_maps.h, in order. */
export const GUARD_REASONS = [
  "passed",
  "not-ip",
  "malformed",
  "unsupported",
  "dns-malformed",
  "denied",
  "source-rate",
  "dns-rate",
  "dns-label",
] as const;
export type GuardReason = (typeof GUARD_REASONS)[number];

/**
 * Map name and contents, in the order in which they must be written: the settings say which lists are looked at.
 *
 * @param enforce drop what matches; otherwise only count it
 * @throws RangeError when a network is none, or a list is too long
 */
export function encodeGuardMaps(rules: GuardRules, enforce: boolean): ReadonlyMap<string, Buffer> {
  if (rules.deny.length > MAX_DENIED) {
    throw new RangeError(
      `The list of denied networks has ${String(rules.deny.length)} entries, more than the ${String(MAX_DENIED)} that fit; join neighbours.`,
    );
  }
  // A rule's number is its place in the list: rule_hits counts by it.
  const numbered = rules.deny.map((text, rule) => ({ ...parsePrefix(text), rule }));
  const four = numbered.filter(({ family }) => family === 4);
  const six = numbered.filter(({ family }) => family === 6);
  const settings = Buffer.alloc(4 + 32);
  const value = settings.subarray(4);
  value.writeBigUInt64LE(interval(rules.sourceRate), 0);
  value.writeBigUInt64LE(interval(rules.dns?.rate), 8);
  value.writeUInt32LE(enforce ? 1 : 0, 16);
  value.writeUInt32LE(rules.dns?.labelMax ?? 0, 20);
  value.writeUInt32LE(rules.sample, 24);
  value.writeUInt32LE((four.length > 0 ? 1 : 0) | (six.length > 0 ? 2 : 0), 28);
  return new Map([
    ["deny4", list(four)],
    ["deny6", list(six)],
    ["settings", settings],
  ]);
}

/** Nanoseconds between packets at a rate; 0 without one. */
function interval(rate: number | undefined): bigint {
  return rate === undefined ? 0n : BigInt(Math.floor(1e9 / rate));
}

function list(prefixes: readonly (Prefix & { readonly rule: number })[]): Buffer {
  return Buffer.concat(
    prefixes.map(({ bytes, length, rule }) => Buffer.concat([word(length), bytes, word(rule)])),
  );
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
