import { forContainers, unsetOr } from "../pods";
import { type Rule, must } from "../rule";

const handlers = [
  ["livenessProbe"],
  ["readinessProbe"],
  ["startupProbe"],
  ["lifecycle", "postStart"],
  ["lifecycle", "preStop"],
] as const;

export const rule: Rule = {
  id: "K06",
  name: "no-probe-host",
  severity: "medium",
  what: "Probes and lifecycle hooks name no host of their own.",
  why: "The kubelet calls the host from the node's network, past the pod's network policy: a way to reach addresses the pod may not.",
  remediation: "Remove host from httpGet and tcpSocket; the kubelet then asks the pod itself.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "baseline", owasp: ["K01", "K05"], attack: ["T1090"] },
  level: "mandatory",
  resource: forContainers((container) =>
    handlers.flatMap((path) =>
      ["httpGet", "tcpSocket"].flatMap((action) =>
        must(container.at(...path, action, "host"), unsetOr(""), "must not be set"),
      ),
    ),
  ),
};
