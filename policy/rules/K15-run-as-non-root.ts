import { eachContainer, forPods, inUserNamespace, isTrue, unsetOr } from "../pods";
import { type Rule, must, whenKnown } from "../rule";

export const rule: Rule = {
  id: "K15",
  name: "run-as-non-root",
  severity: "high",
  what: "runAsNonRoot is true on the pod or on every container, and nowhere false.",
  why: "Root in a container is root on the node as soon as anything lets it out.",
  remediation: "Set spec.securityContext.runAsNonRoot to true and give the image a numeric user.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "restricted", cis: ["5.2.7"], owasp: ["K01"], attack: ["T1611"] },
  level: "mandatory",
  resource: forPods(({ spec }) => {
    if (inUserNamespace(spec)) return [];
    const pod = spec.at("securityContext", "runAsNonRoot");
    return whenKnown([pod], () => [
      ...must(pod, unsetOr(true), "must not be false"),
      ...eachContainer(spec, (container) =>
        must(
          container.at("securityContext", "runAsNonRoot"),
          pod.value === true ? unsetOr(true) : isTrue,
          "must be true",
        ),
      ),
    ]);
  }),
};
