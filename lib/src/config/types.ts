import type { PreparationConfig } from "./preparation";
import type { BpfConfig } from "./types-bpf";
import type { ClusterConfig } from "./types-cluster";
import type {
  ChartsConfig,
  CiliumConfig,
  AlertingConfig,
  GitopsConfig,
  PlatformParts,
  TetragonConfig,
} from "./types-platform";
import type { HypervisorConfig, VmNodeConfig } from "./types-vm";

export * from "./types-bpf";
export * from "./types-cluster";
export * from "./types-platform";
export * from "./types-vm";
export type { PreparationConfig } from "./preparation";

/**
 * The typed config of one stack: what `parseConfig` returns. Deeply frozen, defaults filled in, free of secrets: a
 * private key or a kubeconfig is named here and held by the encrypted config key `secrets`.
 */
export interface PlatformConfig {
  /** Name of the Pulumi stack, for instance `lab`. */
  readonly stack: string;
  /** Policy class of the stack, apart from its name (see `stageRules`). */
  readonly stage: Stage;
  /** `workspace` (no lock, lab and dev only) or the lock this stack runs. Written as `workspace` or `<version>@sha256:<hex>`. */
  readonly release: ReleaseReference;
  readonly network: NetworkConfig;
  readonly ssh: SshConfig;
  /** The machines, in declared order; at least one, unless `cluster.kind` is `existing`. */
  readonly nodes: readonly NodeConfig[];
  /** Where virtual machines run; of no account without any. */
  readonly hypervisor: HypervisorConfig;
  readonly preparation: PreparationConfig;
  readonly bpf: BpfConfig;
  /** Absent: no load balancer. */
  readonly loadBalancer?: LoadBalancerConfig;
  /** Absent: this stack takes no share of another's traffic. */
  readonly trafficSplit?: TrafficSplitConfig;
  readonly cluster: ClusterConfig;
  readonly platform: PlatformParts;
  /** Absent: Cilium is not installed by this stack. */
  readonly cilium?: CiliumConfig;
  readonly tetragon: TetragonConfig;
  readonly charts: ChartsConfig;
  /** Absent unless `platform.argocd` is on. */
  readonly gitops?: GitopsConfig;
  /** Where alerts go; absent: nowhere but Prometheus' own pages. */
  readonly alerting?: AlertingConfig;
  /** Names of the entries of the encrypted key `secrets`, never their values. */
  readonly secrets: readonly string[];
}

export const STAGES = ["lab", "dev", "staging", "canary", "prod"] as const;
export type Stage = (typeof STAGES)[number];

export type ReleaseReference = "workspace" | ReleasePin;

/** A release lock by name and identity. */
export interface ReleasePin {
  /** Calendar version, `year.month.patch`: `releases/<version>.json`. */
  readonly version: string;
  /** SHA-256 of the lock file's bytes, 64 lower-case hex digits. */
  readonly sha256: string;
}

/** The network the nodes share. */
export interface NetworkConfig {
  /** IPv4 network of the nodes, /16 to /29; its first address is the gateway. */
  readonly cidr: string;
  /** Bridge on the machine that hosts nspawn or libvirt nodes, at most 15 characters. Default `ebp-<stack>`. */
  readonly bridge: string;
  /** More networks that VIPs may come from, outside `cidr`. Default none. */
  readonly vipCidrs: readonly string[];
}

export interface SshConfig {
  /** Login on nodes whose driver makes the machine (not `existing`). Default `root`. */
  readonly user: string;
}

export const ROLES = ["edge", "backend", "client", "server", "agent"] as const;
/** What a node is for: `server` and `agent` are Kubernetes nodes, `edge` balances load, `backend` serves, `client` asks. */
export type Role = (typeof ROLES)[number];

export const DRIVERS = ["nspawn", "existing", "libvirt", "multipass"] as const;
export type Driver = (typeof DRIVERS)[number];

export const SERVICES = ["http"] as const;
/** `http`: a small HTTP server on port 80 that answers with the node's name. */
export type Service = (typeof SERVICES)[number];

export interface NodeBase {
  /** RFC 1123 label, at most 63 characters, unique in the stack; also the host name. */
  readonly name: string;
  readonly role: Role;
  /** IPv4 address in `network.cidr`, unique; not the network, gateway or broadcast address. */
  readonly address: string;
  /** Services the node runs. Default none. */
  readonly services: readonly Service[];
  /** Labels of a Kubernetes node. Default none. */
  readonly labels: Readonly<Record<string, string>>;
  /** Taints of a Kubernetes node, `key=value:effect`. Default none. */
  readonly taints: readonly string[];
}

/** A systemd-nspawn container of this machine; CPU, memory and disk are this machine's. */
export interface NspawnNodeConfig extends NodeBase {
  readonly driver: "nspawn";
}

/** A machine that is already there: SSH facts only. */
export interface ExistingNodeConfig extends NodeBase {
  readonly driver: "existing";
  readonly connection: ConnectionConfig;
}

export type NodeConfig = NspawnNodeConfig | ExistingNodeConfig | VmNodeConfig;

export const PROFILES = ["standard", "small"] as const;
export type Profile = (typeof PROFILES)[number];

/** How to reach a machine by SSH with a pinned host key. */
export interface ConnectionConfig {
  /** Host name or address, as this machine reaches it. */
  readonly host: string;
  /** TCP port. Default 22. */
  readonly port: number;
  /** Login. Default `root`. */
  readonly user: string;
  /** The host's public key, `ssh-ed25519 AAAA…`; nothing is trusted on first use. */
  readonly hostKey: string;
  /** Name of the entry of `secrets` that holds the private key in OpenSSH format. */
  readonly privateKeySecret: string;
  /** Jump host. Default none. */
  readonly proxy?: ConnectionConfig;
}

/** The XDP load balancer and its VIPs. */
export interface LoadBalancerConfig {
  /** Name of the node that balances: role `edge`, or `agent` where there is no edge. */
  readonly node: string;
  /** Interface that receives the VIPs' traffic, at most 15 characters. */
  readonly interface: string;
  /** Place in the interface's chain, 0 to 7. */
  readonly slot: number;
  /** At least one. */
  readonly vips: readonly VipConfig[];
}

export const VIP_MODES = ["dsr-l2", "dsr-ipip", "nat"] as const;
/** `dsr-l2` rewrites the MAC address, `dsr-ipip` wraps in IPv4, both answered directly; `nat` rewrites both ways. */
export type VipMode = (typeof VIP_MODES)[number];

export interface VipConfig {
  /** IPv4 address, in `network.cidr` or `network.vipCidrs`, no node's own. */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** Default `dsr-l2`. */
  readonly mode: VipMode;
  /** Without it a backend is taken for healthy always. */
  readonly health?: HealthConfig | undefined;
  /** Port on the backends, of mode `nat` only: a cluster's NodePort, for instance. Default the VIP's. */
  readonly backendPort?: number | undefined;
  /** At least one with a weight above 0. */
  readonly backends: readonly VipBackendConfig[];
}

export const HEALTH_CHECKS = ["tcp", "http"] as const;

/** How the balancing node asks each backend of a VIP, at the backend's own address, whether it is well. */
export interface HealthConfig {
  /** `tcp`: the connection is accepted; `http`: the status is 200 to 399. */
  readonly check: (typeof HEALTH_CHECKS)[number];
  /** Default the port on the backends; a UDP VIP has to name one. */
  readonly port?: number | undefined;
  /** Of an HTTP check. Default `/`. */
  readonly path?: string | undefined;
  /** Host header of an HTTP check. Default the VIP's address. */
  readonly host?: string | undefined;
  /** From one check of a backend to the next. Default 1000. */
  readonly intervalMs: number;
  /** Until no answer is a bad answer; at most `intervalMs`. Default 500. */
  readonly timeoutMs: number;
  /** Good answers in a row that make a sick backend healthy. Default 2. */
  readonly rise: number;
  /** Bad answers in a row that make a healthy backend sick. Default 3. */
  readonly fall: number;
}

export interface VipBackendConfig {
  /** Name of a node with role `backend` or `agent`. */
  readonly node: string;
  /** Share of new flows relative to the others, 0 (drained) to 256. Default 1. */
  readonly weight: number;
  /** Gets nothing but what a traffic split gives it; its weight counts among the VIP's candidates. Default false. */
  readonly candidate: boolean;
  /** Of a candidate that is a node of another stack, `canary` for instance: its IPv4 address in `network.cidr`. */
  readonly address?: string | undefined;
}

export const SPLIT_KINDS = ["backend", "program"] as const;

/**
 * A share of another stack's traffic for this stack's candidate, empty until a rollout gives it a dose. `backend`: of a
 * VIP's flows, for the VIP's candidate backends; `program`: of an XDP program's flows, for the program of this checkout.
 */
export type TrafficSplitConfig =
  | {
      readonly by: "backend";
      /** Stack with the load balancer, for instance `prod` or `organization/ebpf-platform/prod`. */
      readonly stack: string;
      /** `<address>:<port>/<protocol>` of one of its VIPs. */
      readonly vip: string;
    }
  | {
      readonly by: "program";
      readonly stack: string;
      /** Node of that stack. */
      readonly node: string;
      /** XDP program of that node. */
      readonly program: string;
      /** `bpf/<source>.bpf.c` of this checkout. */
      readonly source: string;
      /** Where the program is attached. */
      readonly interface: string;
      readonly slot: number;
    };
