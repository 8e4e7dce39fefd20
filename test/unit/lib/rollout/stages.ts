import type { Holder, ReleaseId, StagePlan } from "@ebpf-platform/lib/rollout";

/** A release, and what the four stages bring to its rollout. */
export const release: ReleaseId = { version: "2026.11.9", sha256: "9".repeat(64) };
export const previous: ReleaseId = { version: "2026.11.8", sha256: "8".repeat(64) };
export const holder: Holder = { pid: 4242, host: "here", bootId: "b" };

const common = { gate: "a".repeat(64), bakeSeconds: 600, approval: false, nodes: [] };
export const allStages: readonly StagePlan[] = [
  { ...common, stack: "dev", stage: "dev", previous, doses: [{ dose: 100 }] },
  { ...common, stack: "staging", stage: "staging", previous, doses: [{ dose: 100 }] },
  { ...common, stack: "canary", stage: "canary", previous: null, doses: [{ dose: 5 }, { dose: 10 }] },
  {
    ...common,
    stack: "prod",
    stage: "prod",
    previous,
    approval: true,
    nodes: ["dp-1", "dp-2", "dp-3", "dp-4", "dp-5"],
    doses: [
      { dose: 25 },
      { dose: 50 },
      { dose: 100 },
      { dose: 100, enable: ["wireguard", "vaultInjection"] },
    ],
  },
];
