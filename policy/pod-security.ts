import type { RuleContext } from "./context";
import type { ResourceFacts } from "./facts";
import type { Finding, ResourceCheck } from "./rule";
import { baselineCheck as procMountBaseline } from "./rules/K09-masked-proc";
import { rules } from "./rules/all";

export type PodSecurityLevel = "baseline" | "restricted";

/** The checks of a level of the Pod Security Standards, as the rules K01 to K18 have them. */
export function podSecurityChecks(level: PodSecurityLevel): readonly ResourceCheck[] {
  const levels = level === "baseline" ? ["baseline"] : ["baseline", "restricted"];
  const checks = rules.flatMap(({ frameworks, resource }) =>
    frameworks.pss !== undefined && levels.includes(frameworks.pss) && resource !== undefined
      ? [resource]
      : [],
  );
  return level === "baseline" ? [...checks, procMountBaseline] : checks;
}

/** What stands against a pod at a level; nothing when Pod Security admission would let it in. */
export function podSecurityFindings(
  level: PodSecurityLevel,
  resource: ResourceFacts,
  context: RuleContext,
): readonly Finding[] {
  return podSecurityChecks(level).flatMap((check) => check(resource, context));
}
