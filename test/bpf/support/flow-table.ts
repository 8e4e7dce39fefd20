import { COUNTERS, type TrackedFlow } from "./conntrack-model";
import type { BpfRunner } from "./runner";

const VALUE_SIZE = 40;

/** The tables of xdp_conntrack or tc_flow by key, summed over the CPUs as a reader must do it. */
export async function readFlows(runner: BpfRunner): Promise<Map<string, TrackedFlow>> {
  const entries = [...(await runner.dump("flows4")), ...(await runner.dump("flows6"))];
  return new Map(
    entries.map(([key, values]) => {
      const sum = { packets: 0, bytes: 0, state: 0, flags: 0, latest: -1n };
      for (let at = 0; at < values.length; at += VALUE_SIZE) {
        const lastSeen = values.readBigUInt64LE(at + 24);
        sum.packets += Number(values.readBigUInt64LE(at));
        sum.bytes += Number(values.readBigUInt64LE(at + 8));
        sum.flags |= values.readUInt32LE(at + 36);
        if (lastSeen > sum.latest) {
          sum.latest = lastSeen;
          sum.state = values.readUInt32LE(at + 32);
        }
      }
      const { packets, bytes, state, flags } = sum;
      return [key.toString("hex"), { packets, bytes, state, flags }];
    }),
  );
}

/** Its counters by name. */
export async function readCounters(runner: BpfRunner): Promise<Record<string, number>> {
  const values = await Promise.all(COUNTERS.map((_, index) => runner.count("counters", index)));
  return Object.fromEntries(COUNTERS.map((name, index) => [name, values[index]!]));
}
