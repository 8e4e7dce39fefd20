import { eachSecurityContext, forPods, inUserNamespace } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K16",
  name: "no-root-user",
  severity: "high",
  what: "runAsUser is not 0.",
  why: "User 0 is root, whatever runAsNonRoot was meant to say.",
  remediation: "Set runAsUser to a number above 0, or leave it to the image.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "restricted", cis: ["5.2.7"], owasp: ["K01"], attack: ["T1611"] },
  level: "mandatory",
  resource: forPods(({ spec }) =>
    inUserNamespace(spec)
      ? []
      : eachSecurityContext(spec, (context) =>
          must(context.at("runAsUser"), (user) => user !== 0, "must not be 0"),
        ),
  ),
};
