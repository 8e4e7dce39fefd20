import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Policies } from "@pulumi/policy";
import { loadStagePolicy } from "./config/load";
import { crossGuardPolicies } from "./crossguard";
import { readEngineConfig } from "./engine-config";
import { readPlatformConfig } from "./platform-config";
import { releaseFacts } from "./release-facts";
import { rules } from "./rules/all";

export const packName = "ebpf-platform";

/** The pack's policies for the stack that the engine's environment describes. */
export function policiesFor(env: Readonly<Record<string, string | undefined>>, today: Date): Policies {
  const { stack, config } = readEngineConfig(env);
  const policy = loadStagePolicy(config.get("ebpf-platform:stage"), rules, today);
  const read = readPlatformConfig(config, stack);
  return crossGuardPolicies(rules, {
    policy,
    stack,
    today,
    ...read,
    release: releaseFacts(read.platform, readLock, readLedger),
  });
}

/** The compiled pack lies in policy/bin of the checkout, two folders below releases/. */
function readLock(version: string): string | undefined {
  const path = join(__dirname, "..", "..", "releases", `${version}.json`);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** The ledgers lie beside releases/, unless `EBPF_PLATFORM_LEDGER` names another folder, as a rollback's worktree does. */
function readLedger(stack: string): string | undefined {
  const folder = process.env["EBPF_PLATFORM_LEDGER"] ?? join(__dirname, "..", "..", "ledger");
  const path = join(folder, `${stack}.ndjson`);
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
