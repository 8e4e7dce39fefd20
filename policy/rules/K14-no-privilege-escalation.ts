import { forContainers, isWindows } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K14",
  name: "no-privilege-escalation",
  severity: "high",
  what: "allowPrivilegeEscalation is false on every container.",
  why: "Left out, it is true: a setuid binary in the image gives root.",
  remediation: "Set securityContext.allowPrivilegeEscalation to false.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "restricted", cis: ["5.2.6"], owasp: ["K01"], attack: ["T1548.001"] },
  level: "mandatory",
  resource: forContainers((container, { spec }) =>
    isWindows(spec)
      ? []
      : must(
          container.at("securityContext", "allowPrivilegeEscalation"),
          (value) => value === false,
          "must be false",
        ),
  ),
};
