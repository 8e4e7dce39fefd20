import { forPermissions, isWord } from "../rbac";
import { type Rule, each, must } from "../rule";

export const rule: Rule = {
  id: "R03",
  name: "no-escalation-verbs",
  severity: "critical",
  what: "No role has the verbs escalate, bind or impersonate.",
  why: "Each of them turns into any other permission.",
  remediation: "Remove the verb; an operator that must create roles goes through a waiver.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
  frameworks: { cis: ["5.1.8"], owasp: ["K02"], attack: ["T1548"] },
  level: "mandatory",
  resource: forPermissions(({ verbs }) =>
    each(verbs, (verb) =>
      must(verb, (value) => !isWord(value, "escalate", "bind", "impersonate"), "must not be granted"),
    ),
  ),
};
