import { forPermissions } from "../rbac";
import { type Rule, each, must } from "../rule";

export const rule: Rule = {
  id: "R01",
  name: "no-wildcards",
  severity: "critical",
  what: "Roles name their verbs, resources and API groups; none of them is *.",
  why: "A wildcard also grants what does not exist yet: every resource of the next version or operator.",
  remediation: "List what the workload uses.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
  frameworks: { cis: ["5.1.3"], owasp: ["K02"], attack: ["T1078.003"] },
  level: "mandatory",
  resource: forPermissions(({ verbs, resources, apiGroups }) =>
    [verbs, resources, apiGroups].flatMap((list) =>
      each(list, (item) => must(item, (value) => value !== "*", "must not be *")),
    ),
  ),
};
