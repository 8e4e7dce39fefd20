import { covers, forPermissions, lists } from "../rbac";
import { type Rule, violation } from "../rule";

export const rule: Rule = {
  id: "R04",
  name: "no-cluster-wide-secrets",
  severity: "high",
  what: "No cluster role reads Secrets, unless it names them.",
  why: "get, list and watch each show the content of every Secret in every namespace.",
  remediation: "Use a Role in the namespace, or resourceNames.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
  frameworks: { cis: ["5.1.2"], owasp: ["K02", "K03"], attack: ["T1552.007"] },
  level: "mandatory",
  resource: forPermissions((permission) => {
    const reads = lists(permission.verbs, "get", "list", "watch");
    const core = lists(permission.apiGroups, "");
    const named = permission.field.at("resourceNames").items.length > 0;
    return permission.role.kind === "ClusterRole" && reads && core && covers(permission, "secrets") && !named
      ? [violation(permission.field, "reads Secrets in the whole cluster")]
      : [];
  }),
};
