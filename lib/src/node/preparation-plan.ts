import type { NodeConfig, PlatformConfig } from "../config/types";
import type { KernelFeature } from "./kernel-options";
import { BPF_SYSCTLS, CIS_SYSCTLS, KUBELET_SYSCTLS, type Sysctls } from "./sysctls";

/** What a node is prepared for; it stands in the state, so it is plain data. */
export interface PreparationPlan {
  readonly sysctls: Sysctls;
  /** The node builds BPF objects itself and needs compiler, bpftool and libraries. */
  readonly toolchain: boolean;
  /** `bpf` has to be among the security modules in force: boot line and reboot where it is not. */
  readonly lsm: boolean;
  readonly wireguard: boolean;
  /** What the config asks of the kernel, sorted. */
  readonly features: readonly KernelFeature[];
  /** Seconds to wait for another apt or dpkg. */
  readonly aptLockSeconds: number;
}

/** How a node is prepared; undefined where it is left as it is. */
export function preparationPlan(config: PlatformConfig, node: NodeConfig): PreparationPlan | undefined {
  const { preparation } = config;
  const kubernetes = isKubernetesNode(config, node);
  const toolchain = config.bpf.build === "node" && hasPrograms(config, node);
  const auto = kubernetes || toolchain || preparation.lsm === "bpf";
  if (preparation.nodes === "none" || (preparation.nodes === "auto" && !auto)) return undefined;
  return {
    sysctls: {
      ...BPF_SYSCTLS,
      ...(kubernetes ? KUBELET_SYSCTLS : {}),
      ...(preparation.hardening ? CIS_SYSCTLS : {}),
    },
    toolchain,
    lsm: preparation.lsm === "bpf",
    wireguard: kubernetes && config.platform.wireguard,
    features: [...featuresOf(config, node, kubernetes)].sort(),
    aptLockSeconds: preparation.aptLockSeconds,
  };
}

function isKubernetesNode({ cluster }: PlatformConfig, { role }: NodeConfig): boolean {
  return (cluster.kind === "k3s" || cluster.kind === "join") && (role === "server" || role === "agent");
}

function hasPrograms({ bpf, loadBalancer }: PlatformConfig, { name }: NodeConfig): boolean {
  const here = [...bpf.programs, ...bpf.guards, ...bpf.lsm].some(({ node }) => node === name);
  return here || loadBalancer?.node === name;
}

/** Features of the kernel that each hook stands on, beside `bpf` and `btf`. */
const byHook: Readonly<Record<string, KernelFeature>> = {
  tc: "tc",
  cgroup: "cgroup",
  sock_ops: "cgroup",
  tracepoint: "tracing",
  raw_tp: "tracing",
  kprobe: "tracing",
  uprobe: "uprobe",
};

function featuresOf(config: PlatformConfig, node: NodeConfig, kubernetes: boolean): Set<KernelFeature> {
  const { bpf, platform, tetragon, preparation } = config;
  const features = new Set<KernelFeature>(["bpf"]);
  if (hasPrograms(config, node)) features.add("btf");
  for (const { node: place, attach } of bpf.programs) {
    const feature = byHook[attach.hook];
    if (place === node.name && feature !== undefined) features.add(feature);
  }
  if (preparation.lsm === "bpf" || bpf.lsm.some(({ node: place }) => place === node.name))
    features.add("lsm");
  if (!kubernetes) return features;
  for (const feature of ["kubernetes", "cilium", "tc", "cgroup"] as const) features.add(feature);
  if (platform.wireguard) features.add("wireguard");
  if (platform.tetragon !== "off") {
    features.add("btf").add("tracing").add("tetragon");
    if (tetragon.hooks === "lsm") features.add("lsm");
  }
  return features;
}
