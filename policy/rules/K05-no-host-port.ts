import { forContainers, unsetOr } from "../pods";
import { type Rule, each, must } from "../rule";

export const rule: Rule = {
  id: "K05",
  name: "no-host-port",
  severity: "high",
  what: "No container port takes a port of the host.",
  why: "A host port is open on the node's address, outside of Services and most network policies.",
  remediation: "Remove hostPort and use a Service.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "baseline", cis: ["5.2.12"], owasp: ["K01", "K05"], attack: ["T1133"] },
  level: "mandatory",
  resource: forContainers((container) =>
    each(container.at("ports"), (port) => must(port.at("hostPort"), unsetOr(0), "must not be set")),
  ),
};
