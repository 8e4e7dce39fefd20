import { createHash } from "node:crypto";
import type { ChartValues } from "@ebpf-platform/lib/charts";
import type { CiliumConfig, PlatformConfig } from "@ebpf-platform/lib/config";
import { ciliumDataPlane } from "@ebpf-platform/lib/k3s";

/** Hubble's metrics: what gates of a rollout and dashboards read. */
export const HUBBLE_METRICS = ["dns", "drop", "tcp", "flow", "icmp", "httpV2", "flows-to-world"];

/**
 * Values of chart `cilium`: kube-proxy's work in BPF, native routing on one network, Hubble, and WireGuard where it is asked
 * for. docs/cilium.md says why each is as it is.
 */
export function ciliumValues(config: PlatformConfig): ChartValues {
  const { cilium, platform, stack } = config;
  if (!cilium) throw new Error(`Stack ${stack} asks for no Cilium.`);
  const standard = config.charts.profile === "standard";
  const replicas = standard ? 2 : 1;
  return {
    ...routing(cilium),
    ...balancing(cilium, stack),
    ...(platform.wireguard && { encryption: wireguard(cilium) }),
    bpf: {
      masquerade: true,
      // What BPF masquerade and kube-proxy's replacement allow from Linux 5.10 on; said, so that a fallback is an error.
      hostLegacyRouting: false,
      ...cilium.maps,
    },
    hubble: hubble(replicas),
    prometheus: { enabled: true },
    operator: {
      // Two of them must not share a node: on a single one the second would stay pending and the release never end.
      replicas,
      prometheus: { enabled: true },
      rollOutPods: true,
    },
    // A changed setting takes hold when the pods restart; without these they would not.
    rollOutCiliumPods: true,
    envoy: { rollOutPods: true, prometheus: { enabled: true } },
    resources: standard
      ? { requests: { cpu: "200m", memory: "512Mi" }, limits: { memory: "2Gi" } }
      : { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    ...(cilium.installedFirst !== undefined && { upgradeCompatibility: cilium.installedFirst }),
  };
}

/** Values of a second release that only checks whether the locked version could replace the running one. */
export function preflightValues(config: PlatformConfig): ChartValues {
  const { k8sServiceHost, k8sServicePort } = ciliumValues(config);
  return {
    preflight: { enabled: true },
    agent: false,
    operator: { enabled: false },
    k8sServiceHost,
    k8sServicePort,
  };
}

function routing({ apiServer, podCidr }: CiliumConfig): ChartValues {
  const colon = apiServer.lastIndexOf(":");
  return {
    ...ciliumDataPlane(podCidr).cilium,
    k8sServiceHost: apiServer.slice(0, colon),
    k8sServicePort: Number(apiServer.slice(colon + 1)),
    routingMode: "native",
    autoDirectNodeRoutes: true,
    // Left open, the chart does not check the line above and the agent refuses to start without it.
    enableIPv4Masquerade: true,
    // Kubernetes gives each node its part of the pods' network; k3s does too.
    ipam: { mode: "kubernetes" },
    k8s: { requireIPv4PodCIDR: true },
  };
}

function balancing(cilium: CiliumConfig, stack: string): ChartValues {
  const { loadBalancerMode: mode, acceleration, announce } = cilium;
  return {
    loadBalancer: { mode, algorithm: "maglev", acceleration, serviceTopology: true },
    // A prime of Cilium's list, more than a hundred times the backends of a Service that a small cluster has.
    maglev: { tableSize: 16381, hashSeed: maglevSeed(stack) },
    socketLB: { enabled: true },
    ...(announce === "l2" && {
      l2announcements: { enabled: true },
      // Each announced Service renews a lease; the client's default of 10 a second is soon used up.
      k8sClientRateLimit: { qps: 30, burst: 60 },
    }),
    ...(announce === "bgp" && { bgpControlPlane: { enabled: true } }),
  };
}

/**
 * Twelve bytes that are the same on every node, in every preview and after a lost state: drawn anew they would send every
 * running connection to another backend. No secret, only an order of backends that outsiders do not know by default.
 */
function maglevSeed(stack: string): string {
  return createHash("sha256")
    .update(`ebpf-platform maglev ${stack}`)
    .digest()
    .subarray(0, 12)
    .toString("base64");
}

/** Between nodes only, and what would leave without encryption is dropped. */
function wireguard({ podCidr }: CiliumConfig): ChartValues {
  return {
    enabled: true,
    type: "wireguard",
    strictMode: { egress: { enabled: true, cidr: podCidr, allowRemoteNodeIdentities: false } },
  };
}

function hubble(replicas: number): ChartValues {
  return {
    enabled: true,
    metrics: { enabled: HUBBLE_METRICS, enableOpenMetrics: true },
    relay: { enabled: true, replicas, rollOutPods: true, prometheus: { enabled: true } },
    ui: { enabled: true, replicas: 1, rollOutPods: true },
    // A job in the cluster makes and renews the certificates: made by Helm they would differ in every render.
    tls: { enabled: true, auto: { enabled: true, method: "cronJob", certValidityDuration: 365 } },
  };
}
