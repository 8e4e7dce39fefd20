import { forKinds, qualifiedName } from "../kube-object";
import { type Rule, type SafeDefault, eachEntry, must } from "../rule";

export const rule: Rule = {
  id: "S05",
  name: "no-literal-secret",
  severity: "critical",
  what: "The program writes no data into Kubernetes Secrets, except those on the stage's list; a kubeconfig given to a provider is secret.",
  why: "What passes through the program stands in its state, in Helm's records and in every rendered manifest.",
  remediation:
    "Let Vault or the operator make it and reference it by name; for a provider's kubeconfig use pulumi.secret().",
  url: "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
  frameworks: { cis: ["5.4.2"], owasp: ["K03"], attack: ["T1552.007"] },
  level: "remediate",
  resource: forKinds(["Secret"], (secret, { policy }) =>
    policy.allow.secrets.includes(qualifiedName(secret))
      ? []
      : ["data", "stringData"].flatMap((key) =>
          eachEntry(secret.root.at(key), (_, value) =>
            must(
              value,
              (text) => text === "" || text === null || text === undefined,
              "must not be written by the program",
            ),
          ),
        ),
  ),
  remedy: (resource): readonly SafeDefault[] =>
    resource.type === "pulumi:providers:kubernetes" && !resource.props.at("kubeconfig").absent
      ? [{ key: "kubeconfig", secret: true }]
      : [],
};
