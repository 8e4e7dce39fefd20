import type { PlatformNamespace } from "@ebpf-platform/lib/config";

/** Pod Security level a namespace enforces; audit and warn are always restricted. */
export type PodSecurityLevel = "privileged" | "baseline" | "restricted";

/**
 * The namespaces of the platform. Agents that need the host have namespaces of their own, so that everything else stays
 * restricted. `kube-system` is the cluster's, and nobody's here to make.
 */
export const podSecurity: Readonly<Record<Exclude<PlatformNamespace, "kube-system">, PodSecurityLevel>> = {
  argocd: "restricted",
  "external-secrets": "restricted",
  falco: "privileged",
  "gatekeeper-system": "restricted",
  monitoring: "restricted",
  "node-agents": "privileged",
  vault: "restricted",
};
export type OwnedNamespace = keyof typeof podSecurity;
