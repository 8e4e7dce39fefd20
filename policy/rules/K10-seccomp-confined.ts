import { eachSecurityContext, forPods } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K10",
  name: "seccomp-confined",
  severity: "high",
  what: "A seccomp profile is RuntimeDefault or Localhost where one is set.",
  why: "Unconfined opens every system call, and with them most kernel exploits.",
  remediation: "Set seccompProfile.type to RuntimeDefault.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "baseline", owasp: ["K01"], attack: ["T1611", "T1068"] },
  level: "mandatory",
  resource: forPods(({ spec }) =>
    eachSecurityContext(spec, (context) =>
      context.at("seccompProfile").absent
        ? []
        : must(
            context.at("seccompProfile", "type"),
            (type) => type === "RuntimeDefault" || type === "Localhost",
            "must be RuntimeDefault or Localhost",
          ),
    ),
  ),
};
