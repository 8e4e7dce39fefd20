import { forPods } from "../pods";
import { type Rule, each, must } from "../rule";

const endless = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"];

export const rule: Rule = {
  id: "K23",
  name: "probes",
  severity: "medium",
  what: "Long-running containers have a readiness and a liveness probe.",
  why: "Without them traffic goes to pods that cannot answer, and a hung one is never restarted.",
  remediation: "Add readinessProbe and livenessProbe.",
  url: "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
  frameworks: { attack: ["T1499"] },
  level: "mandatory",
  resource: forPods(({ object, spec }) =>
    endless.includes(object.kind)
      ? each(spec.at("containers"), (container) =>
          ["readinessProbe", "livenessProbe"].flatMap((key) =>
            must(container.at(key), (probe) => probe !== undefined && probe !== null, "must be set"),
          ),
        )
      : [],
  ),
};
