import type { GitopsConfig } from "@ebpf-platform/lib/config";

const API = "argoproj.io/v1alpha1";
const HERE = "https://kubernetes.default.svc";
/** The namespace of Argo CD and of its applications. */
export const NAMESPACE = "argocd";

/**
 * Who may deploy what: workloads of users, into their namespaces, and nothing that belongs to the cluster. The project that
 * Argo CD brings allows everything, so it is emptied.
 */
export function argocdObjects({ repositories, namespaces, path, revision }: GitopsConfig) {
  const project = (name: string, spec: Readonly<Record<string, unknown>>) => ({
    apiVersion: API,
    kind: "AppProject",
    metadata: { name, namespace: NAMESPACE },
    spec,
  });
  const [first = ""] = repositories;
  return [
    project("default", { sourceRepos: [], destinations: [], clusterResourceWhitelist: [] }),
    project("workloads", {
      description: "Workloads of users",
      sourceRepos: [...repositories],
      destinations: namespaces.map((namespace) => ({ server: HERE, namespace })),
      clusterResourceWhitelist: [],
      // Quotas and rights of a namespace are set by whoever owns the cluster.
      namespaceResourceBlacklist: [
        { group: "", kind: "ResourceQuota" },
        { group: "", kind: "LimitRange" },
        { group: "networking.k8s.io", kind: "NetworkPolicy" },
        { group: "cilium.io", kind: "CiliumNetworkPolicy" },
      ],
    }),
    project("apps", {
      description: "Applications of project workloads, and nothing else",
      sourceRepos: [first],
      destinations: [{ server: HERE, namespace: NAMESPACE }],
      clusterResourceWhitelist: [],
      namespaceResourceWhitelist: [{ group: "argoproj.io", kind: "Application" }],
    }),
    {
      apiVersion: API,
      kind: "Application",
      metadata: { name: "apps", namespace: NAMESPACE },
      spec: {
        project: "apps",
        source: { repoURL: first, path, targetRevision: revision },
        destination: { server: HERE, namespace: NAMESPACE },
        syncPolicy: { automated: { prune: true, selfHeal: true } },
      },
    },
  ];
}
