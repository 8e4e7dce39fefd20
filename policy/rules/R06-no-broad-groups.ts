import { word } from "../field";
import { forKinds } from "../kube-object";
import { isWord } from "../rbac";
import { type Rule, each, must, violation, whenKnown } from "../rule";

/** Roles of Kubernetes that only read, and that it binds to everyone itself. */
const readers = ["view", "system:basic-user", "system:discovery", "system:public-info-viewer"];

export const rule: Rule = {
  id: "R06",
  name: "no-broad-groups",
  severity: "critical",
  what: "Nothing is granted to anonymous callers or to system:masters, and system:authenticated gets no more than reading.",
  why: "These groups hold everyone, or stand above every rule.",
  remediation: "Bind the service account or group that needs it.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
  frameworks: { cis: ["5.1.7"], owasp: ["K02", "K09"], attack: ["T1078.001"] },
  level: "mandatory",
  resource: forKinds(["ClusterRoleBinding", "RoleBinding"], ({ root }) =>
    each(root.at("subjects"), (subject) => [
      ...must(
        subject.at("name"),
        (name) => !isWord(name, "system:anonymous", "system:unauthenticated", "system:masters"),
        "must not be bound",
      ),
      ...whenKnown([subject.at("name"), root.at("roleRef", "name")], () =>
        subject.at("name").value === "system:authenticated" &&
        !readers.includes(word(root.at("roleRef", "name").value))
          ? [violation(subject.at("name"), "must get no more than reading")]
          : [],
      ),
    ]),
  ),
};
