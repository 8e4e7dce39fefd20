import { forContainers, inUserNamespace, unsetOr } from "../pods";
import { type ResourceCheck, type Rule, must } from "../rule";

const check: ResourceCheck = forContainers((container) =>
  must(container.at("securityContext", "procMount"), unsetOr("Default"), "must be Default"),
);

/** What upstream's baseline level asks: the same, but not of pods in their own user namespace. */
export const baselineCheck: ResourceCheck = forContainers((container, { spec }) =>
  inUserNamespace(spec)
    ? []
    : must(container.at("securityContext", "procMount"), unsetOr("Default"), "must be Default"),
);

export const rule: Rule = {
  id: "K09",
  name: "masked-proc",
  severity: "medium",
  what: "procMount is unset or Default.",
  why: "An unmasked /proc shows kernel keys, the kernel's memory layout and more. Upstream's baseline allows it in a user namespace, its restricted level never.",
  remediation: "Remove procMount.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "restricted", owasp: ["K01"], attack: ["T1611"] },
  level: "mandatory",
  resource: check,
};
