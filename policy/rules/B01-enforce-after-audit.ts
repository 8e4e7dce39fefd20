import { word } from "../field";
import { stageRules } from "@ebpf-platform/lib/stage";
import { isBpfProgram } from "../bpf-programs";
import { type Rule, must, violation, whenKnown } from "../rule";

export const rule: Rule = {
  id: "B01",
  name: "enforce-after-audit",
  severity: "critical",
  what: "An LSM program does not run in the lab, only counts in dev, and denies elsewhere only if the same object has passed its audit.",
  why: "An LSM program that denies too much locks everybody out of the node, its own repair included.",
  remediation:
    "Run the object in audit in the stage before until its gate has passed; the ledger then names it.",
  url: "https://docs.kernel.org/bpf/prog_lsm.html",
  frameworks: { owasp: ["K04"], attack: ["T1562"] },
  note: "An object has passed when the ledger of the stage before names it under a verified release. Without a ledger none has passed: nothing denies, but by a waiver.",
  level: "mandatory",
  resource: (resource, { policy, platform, release }) => {
    if (!isBpfProgram(resource)) return [];
    const { props } = resource;
    const hook = props.at("attach", "hook");
    const mode = props.at("mode");
    return whenKnown([hook, mode], () => {
      if (hook.value !== "lsm") return [];
      const most = stageRules[policy.stage].lsm;
      if (most === "never") return [violation(hook, `must not be lsm in stage ${policy.stage}`)];
      const denies = (mode.absent ? platform?.bpf.mode : mode.value) === "enforce";
      if (!denies) return [];
      if (most === "audit") return [violation(mode, `must be "audit" in stage ${policy.stage}`)];
      const { auditedObjects = [] } = release;
      return must(
        props.at("objectSha256"),
        (sum) => auditedObjects.includes(word(sum)),
        "has not passed its audit",
      );
    });
  },
};
