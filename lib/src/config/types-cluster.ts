/** The part of the typed config that is about k3s on nodes of ours. */

export const CLUSTER_KINDS = ["none", "k3s", "join", "existing"] as const;
export type ClusterKind = (typeof CLUSTER_KINDS)[number];

export const K3S_ARCHITECTURES = ["amd64", "arm64"] as const;

/** What servers and agents of k3s have in common. */
export interface K3sNodesConfig {
  /** Version of k3s, for instance `v1.34.9+k3s1`; only with `release: workspace`. Default the release's. */
  readonly version?: string;
  /** SHA-256 of the binary, 64 hex digits; only with `release: workspace`. Default from the folder's SHA256SUMS. */
  readonly sha256?: string;
  /** Architecture of the machines. Default `amd64`. */
  readonly arch: (typeof K3S_ARCHITECTURES)[number];
  /** Folder with `k3s/<version>/k3s-<arch>` and SHA256SUMS, for nodes without a way out. Absent: nodes download it. */
  readonly folder?: string;
  /** Where images come from instead. Default none. */
  readonly registries: K3sRegistriesConfig;
  /** Proxy towards the internet. Absent: none. */
  readonly proxy?: K3sProxyConfig;
  /** Seconds a node that shuts down gives its pods, 0 to 3600. Default 60. */
  readonly shutdownSeconds: number;
  /** Most processes of one pod, 64 to 4194304. Default 4096. */
  readonly maxPids: number;
  /** Keys of k3s' own config.yaml on top of ours; those that we set are refused, lists are added to. Default none. */
  readonly settings: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** How a node is emptied before it is removed. */
  readonly drain: K3sDrainConfig;
}

export interface K3sServersConfig extends K3sNodesConfig {
  /** More names and addresses of the API server. Default none. */
  readonly tlsSans: readonly string[];
  /** Entries of `secrets` by file below `server/tls`, for instance `server-ca.crt`; used before the first start. Default none. */
  readonly authorities: Readonly<Record<string, string>>;
}

export interface K3sRegistriesConfig {
  /** Endpoints by registry, asked in order. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  /** Login by registry: `username` and the entry of `secrets` with the password, `passwordSecret`. */
  readonly logins: Readonly<Record<string, { readonly username: string; readonly passwordSecret: string }>>;
}

export interface K3sProxyConfig {
  readonly http?: string;
  readonly https?: string;
  /** Names, addresses and networks that are reached directly, besides the cluster's own. */
  readonly direct: readonly string[];
}

export interface K3sDrainConfig {
  /** 10 to 3600. Default 300. */
  readonly seconds: number;
  /** After that time: delete what is left instead of stopping with an error. Default false. */
  readonly force: boolean;
}

/** `none`; `k3s` on this stack's nodes; `join`: agents of another stack's cluster; `existing`: a cluster with a kubeconfig. */
export type ClusterConfig =
  | { readonly kind: "none" }
  | ({ readonly kind: "k3s" } & K3sServersConfig)
  | ({
      readonly kind: "join";
      /** Stack that runs the cluster, for instance `prod` or `organization/ebpf-platform/prod`. */
      readonly stack: string;
    } & K3sNodesConfig)
  | {
      readonly kind: "existing";
      /** Name of the entry of `secrets` that holds the kubeconfig. */
      readonly kubeconfigSecret: string;
    };
