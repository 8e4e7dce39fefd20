export interface BpfConfig {
  /** `once`: objects are built here and shipped; `node`: by each node's own toolchain. Default `once`. */
  readonly build: "once" | "node";
  /** `audit` counts what a program would deny, `enforce` denies. Default `audit`. */
  readonly mode: BpfMode;
  /** Default none. */
  readonly programs: readonly BpfProgramConfig[];
  /** Default none. */
  readonly guards: readonly GuardConfig[];
  /** What programs count, as a file for node-exporter, on every node that has a program. Default none. */
  readonly metrics?: MetricsConfig;
  /** What processes of a node must not do; enforced only where `mode` is `enforce`. Default none. */
  readonly lsm: readonly LsmConfig[];
}

export interface MetricsConfig {
  /** Folder of node-exporter's textfile collector on the nodes. Default `/var/lib/prometheus/node-exporter`. */
  readonly folder: string;
  /** Seconds from one file to the next, 5 to 3600. Default 15. */
  readonly intervalSeconds: number;
  /** Seconds of each interval in which the kernel times the programs, 0 to 60 and below the interval. Default 0: never. */
  readonly measureSeconds: number;
}

/** xdp_guard on one interface: what it drops, or counts while `bpf.mode` is `audit`. At least one rule. */
export interface GuardConfig {
  /** As of a program; unique among programs and guards. */
  readonly name: string;
  /** Name of the node. */
  readonly node: string;
  readonly attach: Omit<XdpAttach, "hook">;
  /** IPv4 and IPv6 networks whose packets match, at most 16,384; none that holds a node. Default none. */
  readonly deny: readonly string[];
  /** Packets per second of one source (an IPv4 address, an IPv6 /64), 1 to 100,000,000. Default no limit. */
  readonly sourceRate?: number;
  readonly dns?: GuardDnsConfig;
  /** Every n-th match becomes an event, 0 to 1,000,000; 0: none. Default 100. */
  readonly sample: number;
}

/** What makes a DNS query over UDP look like a tunnel. */
export interface GuardDnsConfig {
  /** Longest label of a name, 1 to 62. Default any. */
  readonly labelMax?: number;
  /** Queries per second of one source, 1 to 1,000,000. Default no limit. */
  readonly rate?: number;
}

export const LSM_KINDS = ["exec", "file", "connect", "kill", "mount"] as const;

/** One LSM policy on one node, by the BPF source `lsm_<kind>`. docs/lsm.md says what each can and cannot stop. */
export type LsmConfig = LsmExecConfig | LsmFileConfig | LsmConnectConfig | LsmKillConfig | LsmMountConfig;

interface LsmBase {
  /** As of a program; unique among programs and policies. */
  readonly name: string;
  /** Name of the node; never an nspawn one. */
  readonly node: string;
  /** Cgroups that the policy rules, with all below them. Default: everything. */
  readonly scope: readonly string[];
  /** Cgroups that it does not rule, besides process 1 and the SSH daemon's. Default none. */
  readonly exempt: readonly string[];
}

/** Which files may be executed or mapped as code. */
export interface LsmExecConfig extends LsmBase {
  readonly kind: "exec";
  /** `deny`: what is named is denied; `allow`: everything else is. Default `deny`. */
  readonly list: "deny" | "allow";
  /** Files, by inode and path, and folders (with a / at their end), by path. Default none. */
  readonly files: readonly string[];
  /** fs-verity digests (SHA-256), 64 hex digits. Default none. */
  readonly digests: readonly string[];
}

/** Files that nobody may open. */
export interface LsmFileConfig extends LsmBase {
  readonly kind: "file";
  readonly files: readonly LsmFileRule[];
}

export interface LsmFileRule {
  /** A file, or a folder with a / at its end. */
  readonly path: string;
  /** `write`: only opening for writing is denied; `any`: reading too. Default `write`. */
  readonly access: "write" | "any";
}

/** Where processes may connect to. */
export interface LsmConnectConfig extends LsmBase {
  readonly kind: "connect";
  /** What becomes of addresses that no rule names: `deny` lists let them be, `allow` lists deny them. Default `deny`. */
  readonly list: "deny" | "allow";
  /** A rule with the port goes before one without; of those the longest network decides. */
  readonly rules: readonly LsmConnectRule[];
}

export interface LsmConnectRule {
  /** IPv4 or IPv6 network. */
  readonly to: string;
  /** Default: all ports. */
  readonly port?: number;
  /** Default `deny`. */
  readonly action: "deny" | "allow";
}

/** Processes that nobody may signal from outside their cgroup. */
export interface LsmKillConfig extends LsmBase {
  readonly kind: "kill";
  /** Programs, by the file they run. Default none. */
  readonly files: readonly string[];
  /** Services, by their cgroup. Default none. */
  readonly cgroups: readonly string[];
}

/** What may not be mounted, and where. */
export interface LsmMountConfig extends LsmBase {
  readonly kind: "mount";
  /** File system types, and `bind`, `remount`, `move`. Default none. */
  readonly types: readonly string[];
  /** Folders on or below which nothing may be mounted. Default none. */
  readonly folders: readonly string[];
}

export type BpfMode = "audit" | "enforce";

/** One BPF source attached at one place of one node. */
export interface BpfProgramConfig {
  /** Lower-case letters, digits, `-` and `_`; unique in the stack; the folder's name on the node. */
  readonly name: string;
  /** Source file without its ending: `bpf/<source>.bpf.c`. */
  readonly source: string;
  /** Name of the node. */
  readonly node: string;
  readonly attach: AttachConfig;
  /** Function of the source; a source may hold several. Default: the source's name. */
  readonly function?: string;
  /** Values of `const volatile` settings by name, set when the program is loaded. Default none. */
  readonly constants: Readonly<Record<string, number>>;
  /** What happens to a map when the program is swapped, by map name. Default `keep` for each. */
  readonly maps: Readonly<Record<string, MapPolicy>>;
  /** Whether a foreign program on the hook is replaced; otherwise it is an error that names it. Default false. */
  readonly takeover: boolean;
  /** Seconds a swapped program is watched before the swap counts; 0 to 300. Default 5. */
  readonly healthSeconds: number;
}

export const MAP_POLICIES = ["keep", "recreate", "migrate"] as const;
export type MapPolicy = (typeof MAP_POLICIES)[number];

export const XDP_MODES = ["native", "generic", "auto"] as const;
export type XdpMode = (typeof XDP_MODES)[number];

export const TC_DIRECTIONS = ["ingress", "egress"] as const;
export type TcDirection = (typeof TC_DIRECTIONS)[number];

/** Hooks whose place is one text. */
export const TARGET_HOOKS = ["tracepoint", "raw_tp", "kprobe", "uprobe", "cgroup", "sock_ops"] as const;
export type TargetHook = (typeof TARGET_HOOKS)[number];

/** Where a program is attached. */
export type AttachConfig = XdpAttach | TcAttach | TargetAttach;

/** One direction of one interface, by tcx (kernel 6.6). */
export interface TcAttach {
  readonly hook: "tc";
  /** Interface name on the node, at most 15 characters. */
  readonly interface: string;
  /** Default `ingress`. */
  readonly direction: TcDirection;
}

export interface TargetAttach {
  readonly hook: TargetHook;
  /**
   * `category/name` of a tracepoint, the name of a raw one, a kernel function, `/path/of/binary:symbol` of a uprobe, or
   * the path of a cgroup (version 2) on the node.
   */
  readonly target: string;
}

/** A place in the chain of XDP programs of one interface. */
export interface XdpAttach {
  readonly hook: "xdp";
  /** Interface name on the node, at most 15 characters. */
  readonly interface: string;
  /** Place in the chain, 0 (first) to 7; unique on the interface. */
  readonly slot: number;
  /** Default `native`. */
  readonly mode: XdpMode;
}
