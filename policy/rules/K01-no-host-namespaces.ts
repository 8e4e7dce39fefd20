import { forPods, unsetOr } from "../pods";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "K01",
  name: "no-host-namespaces",
  severity: "critical",
  what: "Pods do not share the host's network, process or IPC namespace.",
  why: "A pod in the host's namespaces sees and signals every process, listens on the node's addresses and passes by every network policy.",
  remediation:
    "Remove hostNetwork, hostPID and hostIPC; agents that need them go on the stage's list of agents.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "baseline", cis: ["5.2.3", "5.2.4", "5.2.5"], owasp: ["K01"], attack: ["T1611"] },
  level: "mandatory",
  resource: forPods(({ spec }) =>
    ["hostNetwork", "hostPID", "hostIPC"].flatMap((key) =>
      must(spec.at(key), unsetOr(false), "must not be true"),
    ),
  ),
};
