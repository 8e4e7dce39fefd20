import type { WorkloadPolicy } from "./config/types";

/** Network policies as objects, without metadata: decisions about traffic, made once. */

type Labels = Readonly<Record<string, string>>;
type Rule = Readonly<Record<string, unknown>>;

/** What the pods of a namespace may talk to, beside DNS and each other. */
export interface NamespaceTraffic {
  /** They read or change objects of the API server. */
  readonly apiServer?: true;
  /** The API server calls them: webhooks and aggregated APIs. */
  readonly calledByApiServer?: true;
  /** Namespaces whose pods may connect, all ports. Prometheus' own is always among them. */
  readonly from?: readonly string[];
  /** Namespaces they may connect to, all ports. */
  readonly to?: readonly string[];
  /** They ask nodes themselves: kubelet, node exporter, agents on the host's network. */
  readonly nodes?: true;
  /** Names outside the cluster, port 443 only. */
  readonly names?: readonly string[];
}

/** Denies both directions to every pod of the namespace: `spec` of a NetworkPolicy, which any CNI understands. */
export function defaultDeny() {
  return { podSelector: {}, policyTypes: ["Ingress", "Egress"] };
}

const kubeDns: Labels = {
  "k8s:io.kubernetes.pod.namespace": "kube-system",
  "k8s:k8s-app": "kube-dns",
};

/** A `*` stands for one label only, and resolvers put search domains behind names outside too: up to seven labels. */
const clusterNames = Array.from({ length: 7 }, (_, labels) => ({
  matchPattern: `${"*.".repeat(labels + 1)}cluster.local`,
}));

/** DNS at kube-dns for these names only; `spec` of a CiliumNetworkPolicy. Cilium reads the answers, which `toFQDNs` needs. */
export function allowDns(names: readonly string[]): Rule {
  const dns = [...clusterNames, ...names.map((name) => ({ matchName: name }))];
  return {
    endpointSelector: {},
    egress: [
      {
        toEndpoints: [{ matchLabels: kubeDns }],
        toPorts: [{ ports: [{ port: "53", protocol: "ANY" }], rules: { dns } }],
      },
    ],
  };
}

const ofNamespace = (namespace: string): Rule => ({
  matchLabels: { "k8s:io.kubernetes.pod.namespace": namespace },
});

/** What a namespace may do beside DNS: `spec` of a CiliumNetworkPolicy. */
export function allowTraffic(namespace: string, traffic: NamespaceTraffic): Rule {
  const from = [...new Set([namespace, "monitoring", ...(traffic.from ?? [])])].sort();
  const to = [...new Set([namespace, ...(traffic.to ?? [])])].sort();
  const entitiesIn = traffic.calledByApiServer ? ["host", "kube-apiserver", "remote-node"] : [];
  const entitiesOut = [
    ...(traffic.nodes ? ["host", "remote-node"] : []),
    ...(traffic.apiServer || traffic.nodes ? ["kube-apiserver"] : []),
  ];
  const names = traffic.names ?? [];
  return {
    endpointSelector: {},
    ingress: [
      { fromEndpoints: from.map(ofNamespace) },
      ...(entitiesIn.length > 0 ? [{ fromEntities: entitiesIn }] : []),
    ],
    egress: [
      { toEndpoints: to.map(ofNamespace) },
      ...(entitiesOut.length > 0 ? [{ toEntities: entitiesOut }] : []),
      ...(names.length > 0
        ? [
            {
              toFQDNs: names.map((name) => ({ matchName: name })),
              toPorts: [{ ports: [{ port: "443", protocol: "TCP" }] }],
            },
          ]
        : []),
    ],
  };
}

/**
 * What pods of a workload may do: `spec` of a CiliumNetworkPolicy. HTTP is allowed by method, path and header, everything
 * else on that port is answered with 403 by the proxy; names outside on port 443, and DNS for them.
 */
export function workloadPolicy({ pods, http, names }: WorkloadPolicy): Rule {
  return {
    endpointSelector: { matchLabels: pods },
    ...(http && {
      ingress: [
        {
          fromEndpoints: [{ matchLabels: http.from }],
          toPorts: [
            {
              ports: [{ port: String(http.port), protocol: "TCP" }],
              rules: { http: http.requests.map((request) => ({ ...request })) },
            },
          ],
        },
      ],
    }),
    ...(names && {
      egress: [
        ...(allowDns(names)["egress"] as readonly Rule[]),
        {
          toFQDNs: names.map((name) => ({ matchName: name })),
          toPorts: [{ ports: [{ port: "443", protocol: "TCP" }] }],
        },
      ],
    }),
  };
}
