import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Stage } from "@ebpf-platform/lib/config/types";
import { parse } from "yaml";
import { loadStagePolicy } from "../../../policy/config/load";
import type { AllowLists, Waiver } from "../../../policy/config/stage-policy";
import type { RuleContext } from "../../../policy/context";
import type { Value } from "../../../policy/field";
import { readPlatformConfig } from "../../../policy/platform-config";
import type { RecordedResource } from "../../../policy/recorded";
import type { ReleaseFacts } from "../../../policy/release-facts";
import { rules } from "../../../policy/rules/all";

interface GoodStack {
  readonly config: Readonly<Record<string, Value>>;
  readonly release: ReleaseFacts;
  readonly resources: readonly RecordedResource[];
}

/** The resources of test/policy/good.yaml, with which every rule is content. */
export function goodStack(): GoodStack {
  return (parsed ??= parse(readFileSync(file, "utf8"), { merge: true }) as GoodStack);
}

const file = join(__dirname, "..", "good.yaml");
let parsed: GoodStack | undefined;

/** The day of all policy tests. */
export const today = new Date("2026-11-21T12:00:00Z");

export interface ContextChanges {
  readonly stage?: Stage;
  readonly config?: Readonly<Record<string, Value>>;
  readonly release?: ReleaseFacts;
  readonly allow?: Partial<AllowLists>;
  readonly waivers?: readonly Waiver[];
}

const pinned = `2026.11.0@sha256:${"0".repeat(64)}`;

/** The context of the good stack, as the pack makes it, with a case's changes. */
export function contextOf(changes: ContextChanges): RuleContext {
  const stage = changes.stage ?? "prod";
  const release = stage === "lab" || stage === "dev" ? "workspace" : pinned;
  const config = { stage, release, ...goodStack().config, ...changes.config };
  const keys = Object.entries(config).map(([key, value]) => [`ebpf-platform:${key}`, value] as const);
  const policy = loadStagePolicy(stage, rules, today);
  return {
    policy: {
      ...policy,
      allow: { ...policy.allow, ...changes.allow },
      waivers: changes.waivers ?? policy.waivers,
    },
    stack: "test",
    today,
    release: changes.release ?? goodStack().release,
    ...readPlatformConfig(new Map(keys), "test"),
  };
}
