import { forKinds } from "../kube-object";
import { subjectName } from "../rbac";
import { type Rule, each, violation, whenKnown } from "../rule";

export const rule: Rule = {
  id: "R02",
  name: "no-cluster-admin",
  severity: "critical",
  what: "Nobody is bound to cluster-admin, except the subjects on the stage's list.",
  why: "cluster-admin may do everything, including undoing every other rule here.",
  remediation: "Bind a role with the permissions that are used, or list the subject in clusterAdmins.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
  frameworks: { cis: ["5.1.1"], owasp: ["K02"], attack: ["T1078.003"] },
  level: "mandatory",
  resource: forKinds(["ClusterRoleBinding", "RoleBinding"], ({ root }, { policy }) => {
    const role = root.at("roleRef", "name");
    return whenKnown([role], () =>
      role.value === "cluster-admin"
        ? each(root.at("subjects"), (subject) =>
            whenKnown([subject], () =>
              policy.allow.clusterAdmins.includes(subjectName(subject))
                ? []
                : [violation(subject, "must not be cluster-admin")],
            ),
          )
        : [],
    );
  }),
};
