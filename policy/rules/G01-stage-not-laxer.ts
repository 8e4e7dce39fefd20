import type { ResourceFacts } from "../facts";
import { type Finding, type Rule, must } from "../rule";
import type { Stage } from "../config/stage-policy";

/** Stages whose programs deny; the others may do so too, for a stage may be stricter than its column. */
const enforcing: readonly Stage[] = ["staging", "canary", "prod"];

export const isBpfProgram = (resource: ResourceFacts): boolean =>
  resource.type === "pulumi-nodejs:dynamic/bpf:Program";

export const rule: Rule = {
  id: "G01",
  name: "stage-not-laxer",
  severity: "critical",
  what: "A BPF program says audit or enforce, and in staging, canary and prod it says enforce.",
  why: "A stage that only counts what it would deny proves nothing for the next one and protects nobody.",
  remediation: "Set ebpf-platform:bpf.mode to enforce, or run the stack with the stage it is meant for.",
  url: "https://www.pulumi.com/docs/iac/concepts/stacks/",
  frameworks: { owasp: ["K04"] },
  level: "mandatory",
  resource: (resource, { policy }): readonly Finding[] => {
    if (!isBpfProgram(resource)) return [];
    const strict = enforcing.includes(policy.stage);
    return must(
      resource.props.at("mode"),
      (mode) => mode === "enforce" || (mode === "audit" && !strict),
      strict ? `must be "enforce" in stage ${policy.stage}` : 'must be "audit" or "enforce"',
    );
  },
};
