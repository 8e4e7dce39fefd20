import type { Policies } from "@pulumi/policy";
import { loadStagePolicy } from "./config/load";
import { crossGuardPolicies } from "./crossguard";
import { readEngineConfig } from "./engine-config";
import { readPlatformConfig } from "./platform-config";
import { rules } from "./rules/all";

export const packName = "ebpf-platform";

/** The pack's policies for the stack that the engine's environment describes. */
export function policiesFor(env: Readonly<Record<string, string | undefined>>, today: Date): Policies {
  const { stack, config } = readEngineConfig(env);
  const policy = loadStagePolicy(config.get("ebpf-platform:stage"), rules, today);
  return crossGuardPolicies(rules, {
    policy,
    stack,
    today,
    release: {},
    ...readPlatformConfig(config, stack),
  });
}
