import type { Value } from "../field";
import { eachContainer, forPods, isWindows, unset } from "../pods";
import { type Rule, must, whenKnown } from "../rule";

const confined = (type: Value | undefined): boolean => type === "RuntimeDefault" || type === "Localhost";

export const rule: Rule = {
  id: "K17",
  name: "seccomp-set",
  severity: "high",
  what: "A seccomp profile is set on the pod or on every container.",
  why: "Without one the kubelet runs the container unconfined unless every node is told otherwise.",
  remediation: "Set spec.securityContext.seccompProfile.type to RuntimeDefault.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "restricted", cis: ["5.7.2"], owasp: ["K01"], attack: ["T1611", "T1068"] },
  level: "mandatory",
  resource: forPods(({ spec }) => {
    if (isWindows(spec)) return [];
    const pod = spec.at("securityContext", "seccompProfile", "type");
    return whenKnown([pod], () =>
      eachContainer(spec, (container) =>
        must(
          container.at("securityContext", "seccompProfile", "type"),
          (type) => confined(type) || (unset(type) && confined(pod.value)),
          "must be RuntimeDefault or Localhost, here or on the pod",
        ),
      ),
    );
  }),
};
