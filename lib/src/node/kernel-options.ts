/** A feature of the platform that stands on options of the kernel. */
export const KERNEL_FEATURES = [
  "bpf",
  "btf",
  "tc",
  "cgroup",
  "tracing",
  "uprobe",
  "lsm",
  "tetragon",
  "cilium",
  "wireguard",
  "kubernetes",
] as const;
export type KernelFeature = (typeof KERNEL_FEATURES)[number];

/** One option of the kernel's configuration and what is lost without it. */
export interface KernelOption {
  readonly option: string;
  readonly feature: KernelFeature;
  /** What does not work without it, as the end of "…, which disables". */
  readonly disables: string;
}

const option = (name: string, feature: KernelFeature, disables: string): KernelOption => ({
  option: `CONFIG_${name}`,
  feature,
  disables,
});

/**
 * Sources: Cilium 1.20 "System Requirements", section "Linux Kernel"; Tetragon FAQ, "kernel configuration"; k3s
 * `check-config`; Documentation/bpf of the kernel.
 */
export const KERNEL_OPTIONS: readonly KernelOption[] = [
  option("BPF", "bpf", "every BPF program"),
  option("BPF_SYSCALL", "bpf", "every BPF program"),
  option("BPF_JIT", "bpf", "compiled BPF programs: each packet would be interpreted"),
  option("DEBUG_INFO_BTF", "btf", "CO-RE objects, which learn the kernel's types from BTF"),
  option("NET_CLS_ACT", "tc", "programs on the hook tc"),
  option("NET_SCH_INGRESS", "tc", "programs on the hook tc"),
  option("NET_CLS_BPF", "tc", "programs on the hook tc"),
  option("CGROUPS", "cgroup", "programs on the hooks cgroup and sock_ops"),
  option(
    "CGROUP_BPF",
    "cgroup",
    "programs on the hooks cgroup and sock_ops, and Cilium's socket load balancer",
  ),
  option("PERF_EVENTS", "tracing", "probes and the events that programs send"),
  option("BPF_EVENTS", "tracing", "programs on tracepoints and kprobes"),
  option("KPROBE_EVENTS", "tracing", "programs on the hook kprobe"),
  option("FTRACE_SYSCALLS", "tracing", "tracepoints of system calls"),
  option("UPROBE_EVENTS", "uprobe", "programs on the hook uprobe"),
  option("BPF_LSM", "lsm", "LSM policies (bpf.lsm) and Tetragon's hooks lsm"),
  option("SECURITYFS", "lsm", "reading which security modules are in force"),
  option("BPF_KPROBE_OVERRIDE", "tetragon", "Tetragon policies that let a system call fail"),
  option("FUNCTION_ERROR_INJECTION", "tetragon", "Tetragon policies that let a system call fail"),
  option("FIB_RULES", "cilium", "Cilium's routing rules"),
  option("CRYPTO_SHA1", "cilium", "Cilium's datapath objects, which are named by SHA-1"),
  option("CRYPTO_USER_API_HASH", "cilium", "Cilium's datapath objects, which are named by SHA-1"),
  option("SCHEDSTATS", "cilium", "Cilium's process metrics"),
  option("VXLAN", "cilium", "Cilium's tunnel between nodes"),
  option("NETFILTER_XT_TARGET_TPROXY", "cilium", "Cilium's L7 policies and DNS proxy"),
  option("NETFILTER_XT_TARGET_CT", "cilium", "Cilium's L7 policies and DNS proxy"),
  option("NETFILTER_XT_MATCH_MARK", "cilium", "Cilium's L7 policies and DNS proxy"),
  option("NETFILTER_XT_MATCH_SOCKET", "cilium", "Cilium's L7 policies and DNS proxy"),
  option("NET_SCH_FQ", "cilium", "Cilium's bandwidth manager"),
  option("WIREGUARD", "wireguard", "encryption between nodes (platform.wireguard)"),
  option("NAMESPACES", "kubernetes", "containers"),
  option("CGROUP_PIDS", "kubernetes", "limits of processes per pod"),
  option("MEMCG", "kubernetes", "limits of memory per pod"),
  option("CFS_BANDWIDTH", "kubernetes", "limits of CPU per pod"),
  option("SECCOMP_FILTER", "kubernetes", "the seccomp profiles of pods"),
  option("OVERLAY_FS", "kubernetes", "containerd's layers"),
  option("VETH", "kubernetes", "the network of pods"),
];

/** What the kernel's configuration says of an option: built in, a module, or not there. */
export type OptionValue = "y" | "m" | "n";

export interface MissingOption extends KernelOption {
  /** The config asks for the feature. */
  readonly needed: boolean;
}

/** The options that a kernel lacks; those that are asked for first. */
export function missingOptions(
  values: Readonly<Record<string, OptionValue>>,
  needs: readonly KernelFeature[],
): MissingOption[] {
  const missing = KERNEL_OPTIONS.filter(({ option: name }) => (values[name] ?? "n") === "n").map((each) => ({
    ...each,
    needed: needs.includes(each.feature),
  }));
  return [...missing.filter(({ needed }) => needed), ...missing.filter(({ needed }) => !needed)];
}

/** One line for a missing option. */
export function missingOptionLine(node: string, kernel: string, missing: MissingOption): string {
  const asked = missing.needed ? ", which the config asks for" : "";
  return `Node ${node} (kernel ${kernel}) lacks ${missing.option}, which disables ${missing.disables}${asked}.`;
}
