import { word } from "../field";
import { forKinds } from "../kube-object";
import { type Rule, must } from "../rule";

const label = (mode: string): string => `pod-security.kubernetes.io/${mode}`;

export const rule: Rule = {
  id: "N01",
  name: "namespace-labels",
  severity: "high",
  what: "Every namespace enforces, audits and warns at the restricted level of a fixed version; listed agents' namespaces may enforce less.",
  why: "Without the labels the API server's own default decides; with version latest an upgrade of Kubernetes changes the rules.",
  remediation:
    "Set the labels pod-security.kubernetes.io/{enforce,audit,warn} and enforce-version, or list the namespace in privilegedNamespaces.",
  url: "https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-namespace-labels/",
  frameworks: { cis: ["5.2.1"], owasp: ["K01", "K04"], attack: ["T1610"] },
  level: "mandatory",
  resource: forKinds(["Namespace"], ({ root, name }, { policy }) => {
    const labels = root.at("metadata", "labels");
    const levels = policy.allow.privilegedNamespaces.includes(name ?? "")
      ? ["privileged", "baseline", "restricted"]
      : ["restricted"];
    return [
      ...must(
        labels.at(label("enforce")),
        (level) => levels.includes(word(level)),
        `must be ${levels.join(" or ")}`,
      ),
      ...["audit", "warn"].flatMap((mode) =>
        must(labels.at(label(mode)), (level) => level === "restricted", "must be restricted"),
      ),
      ...must(
        labels.at(label("enforce-version")),
        (version) => typeof version === "string" && /^v1\.\d+$/.test(version),
        "must be a version such as v1.34",
      ),
    ];
  }),
};
