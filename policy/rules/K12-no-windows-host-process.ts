import { eachSecurityContext, forPods, unsetOr } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K12",
  name: "no-windows-host-process",
  severity: "low",
  what: "windowsOptions.hostProcess is not true.",
  why: "A host process container is the host.",
  remediation: "Remove windowsOptions.hostProcess.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "baseline", cis: ["5.2.10"], owasp: ["K01"], attack: ["T1611"] },
  level: "mandatory",
  resource: forPods(({ spec }) =>
    eachSecurityContext(spec, (context) =>
      must(context.at("windowsOptions", "hostProcess"), unsetOr(false), "must not be true"),
    ),
  ),
};
