import { forContainers, isTrue } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K24",
  name: "read-only-root",
  severity: "medium",
  what: "Containers run on a read-only root file system.",
  why: "An intruder who cannot write cannot bring tools or change the program.",
  remediation:
    "Set securityContext.readOnlyRootFilesystem to true and mount an emptyDir where the program writes.",
  url: "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
  frameworks: { owasp: ["K01"], attack: ["T1105", "T1036"] },
  level: "mandatory",
  resource: forContainers((container) =>
    must(container.at("securityContext", "readOnlyRootFilesystem"), isTrue, "must be true"),
  ),
};
