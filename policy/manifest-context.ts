import type { Stage } from "@ebpf-platform/lib/config/types";
import { loadStagePolicy } from "./config/load";
import type { RuleContext } from "./context";
import { rules } from "./rules/all";

/**
 * What rules know of a stage when there is no stack around the objects: its levels, allow-lists and waivers. What
 * compares with a release lock or with the stack's config finds nothing to compare with.
 */
export function manifestContext(stage: Stage, today: Date): RuleContext {
  return {
    policy: loadStagePolicy(stage, rules, today),
    stack: stage,
    platform: undefined,
    configProblem: "manifests have none",
    release: {},
    today,
  };
}
