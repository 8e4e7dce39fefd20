/** A workload that cannot do its work inside a confined pod. */
export interface Agent {
  /** `namespace/name` of the workload. */
  readonly object: string;
  /** Rules that do not hold for it. */
  readonly exempt: readonly string[];
  /** Host paths it may mount; read-only unless writable. */
  readonly hostPaths: readonly HostPath[];
  readonly reason: string;
}

export interface HostPath {
  readonly path: string;
  readonly writable?: true;
}

const confinement = ["K01", "K02", "K03", "K05", "K13", "K14", "K15", "K16", "K18", "K22", "K23", "K24"];

/** The agents of the platform: each works on the node itself. */
export const agents: readonly Agent[] = [
  {
    object: "kube-system/cilium",
    exempt: confinement,
    hostPaths: [
      { path: "/var/run/cilium", writable: true },
      { path: "/var/run/cilium/netns" },
      { path: "/sys/fs/bpf", writable: true },
      { path: "/run/cilium/cgroupv2", writable: true },
      { path: "/proc", writable: true },
      { path: "/opt/cni/bin", writable: true },
      { path: "/etc/cni/net.d", writable: true },
      { path: "/var/lib/rancher/k3s/agent/etc/cni/net.d", writable: true },
      { path: "/lib/modules" },
      { path: "/run/xtables.lock", writable: true },
      { path: "/proc/sys/net", writable: true },
      { path: "/proc/sys/kernel", writable: true },
    ],
    reason: "It is the CNI: it loads programs into the kernel and configures the node's network.",
  },
  {
    object: "kube-system/cilium-envoy",
    exempt: confinement,
    hostPaths: [
      { path: "/var/run/cilium/envoy/sockets", writable: true },
      { path: "/var/run/cilium/envoy/artifacts" },
      { path: "/sys/fs/bpf", writable: true },
    ],
    reason: "It takes over connections that Cilium redirects, in the host's network namespace.",
  },
  {
    object: "kube-system/cilium-operator",
    exempt: ["K01", "K05", "K22"],
    hostPaths: [],
    reason: "It must run before there is a pod network, hence in the host's.",
  },
  {
    object: "kube-system/tetragon",
    exempt: confinement,
    hostPaths: [
      { path: "/sys/fs/bpf", writable: true },
      { path: "/var/run/cilium/tetragon", writable: true },
      { path: "/var/run/cilium", writable: true },
      { path: "/proc" },
    ],
    reason: "It loads tracing and LSM programs and reads every process of the node.",
  },
  {
    object: "falco/falco",
    exempt: confinement,
    hostPaths: [
      { path: "/sys/kernel" },
      { path: "/sys/fs" },
      { path: "/proc" },
      { path: "/etc" },
      { path: "/dev" },
      { path: "/boot" },
      { path: "/lib/modules" },
      { path: "/usr" },
      { path: "/run" },
    ],
    reason: "It reads system calls of the whole node.",
  },
  {
    object: "node-agents/kube-prometheus-stack-prometheus-node-exporter",
    exempt: ["K01", "K05", "K22"],
    hostPaths: [{ path: "/proc" }, { path: "/sys" }, { path: "/" }],
    reason: "It reports the node's own figures.",
  },
  {
    object: "node-agents/fluent-bit",
    exempt: ["K15", "K16", "K18", "K22"],
    hostPaths: [
      { path: "/var/log" },
      { path: "/etc/machine-id" },
      { path: "/var/lib/ebpf-platform/fluent-bit", writable: true },
    ],
    reason: "It reads the logs of every container and of the node's services.",
  },
];
