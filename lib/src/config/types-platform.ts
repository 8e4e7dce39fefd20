/** The part of the typed config that is about the cluster's own software. */

/** Parts of the platform on top of the cluster; all off by default. */
export interface PlatformParts {
  /** Tetragon's tracing policies. */
  readonly tetragon: "off" | "audit" | "enforce";
  /** Falco only detects: `rules` without action, `alerts` sent on. */
  readonly falco: "off" | "rules" | "alerts";
  /** `default-deny` comes with allow-dns. */
  readonly networkPolicy: "off" | "default-deny";
  readonly wireguard: boolean;
  /** `dev`: in memory; `ha`: three servers with Raft. */
  readonly vault: "off" | "dev" | "ha";
  readonly vaultInjection: boolean;
  /** `metrics`: Prometheus, Alertmanager and Grafana; `full`: logs (Loki, Fluent Bit) and traces (Tempo) too. */
  readonly observability: "off" | "metrics" | "full";
  /** Gatekeeper's constraints: `audit` reports, `enforce` refuses. */
  readonly gatekeeper: "off" | "audit" | "enforce";
  /** External Secrets Operator; with Vault on, a store on it. */
  readonly externalSecrets: boolean;
  /** Argo CD for workloads of users; the platform itself stays with this program. */
  readonly argocd: boolean;
}

/** The charts this program installs. */
export const CHARTS = [
  "argo-cd",
  "cilium",
  "external-secrets",
  "falco",
  "fluent-bit",
  "gatekeeper",
  "kube-prometheus-stack",
  "loki",
  "prometheus-operator-crds",
  "tempo",
  "tetragon",
  "vault",
] as const;
export type ChartName = (typeof CHARTS)[number];

/** Namespaces whose objects belong to this program. */
export const PLATFORM_NAMESPACES = [
  "argocd",
  "external-secrets",
  "falco",
  "gatekeeper-system",
  "kube-system",
  "monitoring",
  "node-agents",
  "vault",
] as const;
export type PlatformNamespace = (typeof PLATFORM_NAMESPACES)[number];

export const CHART_PROFILES = ["small", "standard"] as const;
/** How much of everything: `small` is one replica and little memory, `standard` two or three replicas. */
export type ChartProfile = (typeof CHART_PROFILES)[number];

/** What holds for every chart. */
export interface ChartsConfig {
  /** Default `small` in lab and dev, else `standard`. */
  readonly profile: ChartProfile;
  /** Folder with `<chart>-<version>.tgz` for machines without a way out. Absent: from the charts' repositories. */
  readonly folder?: string;
  /** Values of yours by chart, on top of ours. Default none. */
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export const LB_MODES = ["snat", "dsr", "hybrid"] as const;
export const LB_ACCELERATIONS = ["disabled", "native", "best-effort"] as const;
export const LB_ANNOUNCEMENTS = ["none", "l2", "bgp"] as const;

/** The CNI. A cluster of kind `k3s` always has it. */
export interface CiliumConfig {
  /** API server as nodes reach it without kube-proxy, `host:port`. Default on k3s `127.0.0.1:6444`, else none. */
  readonly apiServer: string;
  /** Pods' network, which native routing leaves alone. Default 10.42.0.0/16. */
  readonly podCidr: string;
  /** Services from outside: how answers find back. Default `hybrid`, with WireGuard `snat`. */
  readonly loadBalancerMode: (typeof LB_MODES)[number];
  /** XDP acceleration of Services. Default `disabled`. */
  readonly acceleration: (typeof LB_ACCELERATIONS)[number];
  /** Addresses for Services of type LoadBalancer. Default none. */
  readonly pools: readonly LoadBalancerPool[];
  /** How their addresses are made known. Default `none`. */
  readonly announce: (typeof LB_ANNOUNCEMENTS)[number];
  /** Needed where `announce` is `bgp`. */
  readonly bgp?: BgpConfig;
  /** Entries of the table of TCP connections, of other connections, and of translated addresses. Default: by memory. */
  readonly maps: { readonly ctTcpMax?: number; readonly ctAnyMax?: number; readonly natMax?: number };
  /** Settings for some nodes only, for a canary. Default none. */
  readonly nodeConfigs: readonly CiliumNodeConfigSetting[];
  /** What pods of workloads may do, beside what their namespace allows. Default none. */
  readonly policies: readonly WorkloadPolicy[];
  /** Minor version that was installed first, for instance `1.19`; keeps its defaults. Absent: installed new. */
  readonly installedFirst?: string;
  /** Installs the preflight checks of the locked version beside the running one. Default false. */
  readonly preflight: boolean;
}

export interface LoadBalancerPool {
  /** RFC 1123 label. */
  readonly name: string;
  /** IPv4 networks, apart from nodes, pods and Services. */
  readonly cidrs: readonly string[];
}

export interface BgpConfig {
  /** Number of our autonomous system. */
  readonly localAsn: number;
  /** At least one. */
  readonly peers: readonly BgpPeer[];
}

export interface BgpPeer {
  /** RFC 1123 label. */
  readonly name: string;
  /** IPv4 address of the router. */
  readonly address: string;
  /** Its autonomous system. */
  readonly asn: number;
}

/** A CiliumNodeConfig: agents on nodes with these labels read other settings. */
export interface CiliumNodeConfigSetting {
  /** RFC 1123 label. */
  readonly name: string;
  /** Labels of the nodes; at least one. */
  readonly nodeLabels: Readonly<Record<string, string>>;
  /** Keys and texts of the agent's configuration, for instance `enable-bpf-masquerade: "false"`. */
  readonly settings: Readonly<Record<string, string>>;
}

export const HTTP_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** A CiliumNetworkPolicy for pods of one workload; what it names is allowed, the rest of that direction is denied. */
export interface WorkloadPolicy {
  /** RFC 1123 label. */
  readonly name: string;
  /** Its namespace, none of the platform's own. */
  readonly namespace: string;
  /** Labels of its pods; at least one. */
  readonly pods: Readonly<Record<string, string>>;
  /** Who may ask what of it over HTTP. */
  readonly http?: {
    /** Labels of the pods that ask, in the same namespace; at least one. */
    readonly from: Readonly<Record<string, string>>;
    /** TCP port of the pods. */
    readonly port: number;
    /** At least one; a request must match one of them. */
    readonly requests: readonly HttpRequestRule[];
  };
  /** Names outside that it may reach on port 443; DNS is asked for these only. At least one. */
  readonly names?: readonly string[];
}

/** All that is written must match. */
export interface HttpRequestRule {
  readonly method?: (typeof HTTP_METHODS)[number];
  /** Extended POSIX regular expression of the whole path. */
  readonly path?: string;
  /** Headers with their exact values, as `X-Name: value`. */
  readonly headers?: readonly string[];
}

export const TETRAGON_HOOKS = ["kprobe", "lsm"] as const;

export interface TetragonConfig {
  /** Where its policies hook in: `lsm` needs BPF among the LSMs of every node's kernel (`lsm=…,bpf`). Default `kprobe`. */
  readonly hooks: (typeof TETRAGON_HOOKS)[number];
}

/** What Argo CD may deploy from where. */
export interface GitopsConfig {
  /** Repositories of user workloads; at least one. */
  readonly repositories: readonly string[];
  /** Namespaces that user workloads may live in; at least one. */
  readonly namespaces: readonly string[];
  /** The application of applications: a folder of the first repository. Default `apps`. */
  readonly path: string;
  /** Branch or tag of it. Default `main`. */
  readonly revision: string;
}

export const ALERT_SEVERITIES = ["critical", "warning", "info"] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];
export const RECEIVER_KINDS = ["slack", "pagerduty", "opsgenie", "webhook"] as const;

/** Where Alertmanager sends alerts. */
export interface AlertingConfig {
  /** Existing Secret of namespace `monitoring`; each receiver's credential stands under the receiver's name. */
  readonly secret: string;
  /** At least one, with names that differ. */
  readonly receivers: readonly AlertReceiver[];
}

/** Who is told. The credential is an address for `slack`, a key for `pagerduty` and `opsgenie`, a bearer token for `webhook`. */
export type AlertReceiver = {
  /** RFC 1123 label. */
  readonly name: string;
  /** Default critical and warning. */
  readonly severities: readonly AlertSeverity[];
} & (
  | { readonly kind: "slack"; readonly channel: string }
  | { readonly kind: "pagerduty" }
  | { readonly kind: "opsgenie" }
  /** `https://host/…`, port 443. */
  | { readonly kind: "webhook"; readonly url: string }
);
