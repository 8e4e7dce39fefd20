import { forContainers, unsetOr } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K02",
  name: "not-privileged",
  severity: "critical",
  what: "No container, init container or ephemeral container is privileged.",
  why: "A privileged container has every capability and every device: it is root on the node.",
  remediation:
    "Remove privileged and add the one capability the container needs; agents go on the stage's list of agents.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "baseline", cis: ["5.2.2"], owasp: ["K01"], attack: ["T1611", "T1610"] },
  level: "mandatory",
  resource: forContainers((container) =>
    must(container.at("securityContext", "privileged"), unsetOr(false), "must not be true"),
  ),
};
