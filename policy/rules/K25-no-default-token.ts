import { qualifiedName } from "../kube-object";
import { forPods } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K25",
  name: "no-default-token",
  severity: "high",
  what: "Pods mount no service account token unless they are listed, and those that do have an account of their own.",
  why: "A token in a pod is what an intruder uses next; the default account is shared by everything in the namespace.",
  remediation:
    "Set automountServiceAccountToken to false, or list the workload in the stage's tokenUsers and give it a serviceAccountName.",
  url: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
  frameworks: { cis: ["5.1.5", "5.1.6"], owasp: ["K02", "K09"], attack: ["T1528", "T1552.007"] },
  level: "mandatory",
  resource: forPods(({ object, spec }, { policy }) =>
    policy.allow.tokenUsers.includes(qualifiedName(object))
      ? must(
          spec.at("serviceAccountName"),
          (name) => typeof name === "string" && name !== "" && name !== "default",
          "must be an account of its own",
        )
      : must(spec.at("automountServiceAccountToken"), (value) => value === false, "must be false"),
  ),
};
