import { forContainers, isWindows } from "../pods";
import { type Rule, each, must } from "../rule";

export const rule: Rule = {
  id: "K18",
  name: "drop-all-capabilities",
  severity: "high",
  what: "Every container drops ALL capabilities and adds back at most NET_BIND_SERVICE.",
  why: "The runtime's defaults still allow raw sockets, device nodes and changing owners.",
  remediation: "Set securityContext.capabilities.drop to [ALL].",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
  frameworks: { pss: "restricted", cis: ["5.2.8", "5.2.9"], owasp: ["K01"], attack: ["T1611", "T1040"] },
  level: "mandatory",
  resource: forContainers((container, { spec }) => {
    if (isWindows(spec)) return [];
    const capabilities = container.at("securityContext", "capabilities");
    return [
      ...must(
        capabilities.at("drop"),
        (drop) => Array.isArray(drop) && drop.includes("ALL"),
        "must include ALL",
      ),
      ...each(capabilities.at("add"), (name) =>
        must(name, (value) => value === "NET_BIND_SERVICE", "must not be added"),
      ),
    ];
  }),
};
