import { k3sNode } from "../k3s";
import { type Rule, must } from "../rule";

export const rule: Rule = {
  id: "C04",
  name: "private-kubeconfig",
  severity: "high",
  what: "The server's kubeconfig has mode 0600.",
  why: "It is a cluster-admin's certificate; every user of the node could read it.",
  remediation: 'Set write-kubeconfig-mode: "0600" (as text: YAML reads 0600 as a number).',
  url: "https://docs.k3s.io/cluster-access",
  frameworks: { cis: ["4.1.5"], owasp: ["K09"], attack: ["T1552.001"] },
  note: "That the kubeconfig is never a plain output cannot be seen here, because policies get secrets unwrapped: a test reads the exported state instead.",
  level: "mandatory",
  resource: (resource) => {
    const node = k3sNode(resource);
    return node?.role === "server"
      ? must(
          node.config.at("write-kubeconfig-mode"),
          (mode) => mode === "0600" || mode === "600",
          'must be "0600"',
        )
      : [];
  },
};
