import { covers, forPermissions, lists, writes } from "../rbac";
import { type Rule, violation } from "../rule";

/** Subresources that give a shell, a token or a certificate; reading exec and proxy is enough (GET upgrades). */
const doors = [
  ...["pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers", "nodes/proxy"],
  ...["serviceaccounts/token", "certificatesigningrequests/approval"],
];

export const rule: Rule = {
  id: "R05",
  name: "no-pod-entry",
  severity: "critical",
  what: "No role enters pods or nodes, mints tokens or approves certificates.",
  why: "exec and attach are a shell, nodes/proxy is a shell without audit, a token or certificate is another identity.",
  remediation: "Remove the subresource; give people a role outside of this program that expires.",
  url: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
  frameworks: { cis: ["5.1.10", "5.1.11", "5.1.13"], owasp: ["K02", "K06"], attack: ["T1609", "T1528"] },
  level: "mandatory",
  resource: forPermissions((permission) =>
    doors
      .filter(
        (door) =>
          covers(permission, door) && (writes(permission) || lists(permission.verbs, "get", "approve")),
      )
      .map((door) => violation(permission.field.at("resources"), `must not grant ${door}`)),
  ),
};
