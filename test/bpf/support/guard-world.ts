import { encodeGuardMaps, GUARD_REASONS, type GuardRules } from "../../../lib/src/guard-maps";
import type { FrameSpec } from "./frames";
import { buildObject } from "./objects";
import { BpfRunner, XDP } from "./runner";

export const DENIED = [
  "203.0.113.0/24",
  "198.51.100.7/32",
  "192.0.0.0/3",
  "2001:db8:bad::/48",
  "2001:db8::7/128",
];
export const RULES: GuardRules = { deny: DENIED, dns: { labelMax: 40 }, sample: 0 };
export const good4: FrameSpec = { from: "100.64.0.30", to: "100.64.0.100" };
export const good6: FrameSpec = { from: "2001:2:0:1::30", to: "2001:2:0:1::100" };

/** Object 0 is the guard; 1 a program that drops everything, for the chain behind it. */
export async function startGuard(): Promise<BpfRunner> {
  const runner = await BpfRunner.start([
    { path: buildObject("xdp_guard") },
    { path: buildObject("test/bpf/fixtures/verdict.bpf.c"), constants: { slot: 1, verdict: XDP.DROP } },
  ]);
  await runner.useCpu(0);
  return runner;
}

/** Forgets everything and writes rules. */
export async function configure(runner: BpfRunner, rules: GuardRules, enforce: boolean): Promise<void> {
  await runner.clear("deny4", "deny6", "sources4", "sources6", "reasons", "rule_hits", "event_counters");
  await runner.events("events");
  for (const [map, records] of encodeGuardMaps(rules, enforce)) await runner.putFile(map, records);
}

/** Packets and drops by reason, without the reasons that never came. */
export async function counted(
  runner: BpfRunner,
): Promise<Record<string, { packets: number; dropped: number }>> {
  const rows: [string, { packets: number; dropped: number }][] = [];
  for (const [index, reason] of GUARD_REASONS.entries()) {
    const packets = await runner.count("reasons", index);
    const dropped = await runner.count("reasons", index, 16);
    if (packets > 0) rows.push([reason, { packets, dropped }]);
  }
  return Object.fromEntries(rows);
}
