import type { CiliumConfig } from "@ebpf-platform/lib/config";
import { workloadPolicy } from "@ebpf-platform/lib/network-policies";

/** A custom resource of Cilium, ready to be made. */
export interface CiliumObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Label of what BGP announces and of the peers that hear it. */
const ADVERTISED = { "ebpf-platform/bgp": "services" };
/** Services with this label set to `none` keep their address to themselves. */
export const ANNOUNCE_LABEL = "ebpf-platform/announce";
const announced = { matchExpressions: [{ key: ANNOUNCE_LABEL, operator: "NotIn", values: ["none"] }] };

/** Pools, announcements, settings of single nodes and policies of workloads, in the order they are made. */
export function ciliumObjects(cilium: CiliumConfig): CiliumObject[] {
  return [
    ...cilium.pools.map(pool),
    ...announcements(cilium),
    ...cilium.nodeConfigs.map(nodeConfig),
    ...cilium.policies.map(networkPolicy),
  ];
}

function pool({ name, cidrs }: CiliumConfig["pools"][number]): CiliumObject {
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumLoadBalancerIPPool",
    metadata: { name },
    spec: { blocks: cidrs.map((cidr) => ({ cidr })) },
  };
}

function announcements({ announce, bgp }: CiliumConfig): CiliumObject[] {
  if (announce === "l2") {
    return [
      {
        apiVersion: "cilium.io/v2alpha1",
        kind: "CiliumL2AnnouncementPolicy",
        metadata: { name: "services" },
        // No nodes and no interfaces named: any node may answer, on any of its interfaces.
        spec: { serviceSelector: announced, loadBalancerIPs: true },
      },
    ];
  }
  if (!bgp) return [];
  return [
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumBGPAdvertisement",
      metadata: { name: "services", labels: ADVERTISED },
      spec: {
        advertisements: [
          { advertisementType: "Service", service: { addresses: ["LoadBalancerIP"] }, selector: announced },
        ],
      },
    },
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumBGPPeerConfig",
      metadata: { name: "services" },
      spec: {
        gracefulRestart: { enabled: true },
        families: [{ afi: "ipv4", safi: "unicast", advertisements: { matchLabels: ADVERTISED } }],
      },
    },
    {
      apiVersion: "cilium.io/v2",
      kind: "CiliumBGPClusterConfig",
      metadata: { name: "routers" },
      spec: {
        nodeSelector: { matchLabels: { "kubernetes.io/os": "linux" } },
        bgpInstances: [
          {
            name: `as-${String(bgp.localAsn)}`,
            localASN: bgp.localAsn,
            peers: bgp.peers.map(({ name, address, asn }) => ({
              name,
              peerAddress: address,
              peerASN: asn,
              peerConfigRef: { name: "services" },
            })),
          },
        ],
      },
    },
  ];
}

function nodeConfig({ name, nodeLabels, settings }: CiliumConfig["nodeConfigs"][number]): CiliumObject {
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumNodeConfig",
    metadata: { name, namespace: "kube-system" },
    spec: { nodeSelector: { matchLabels: nodeLabels }, defaults: settings },
  };
}

function networkPolicy(policy: CiliumConfig["policies"][number]): CiliumObject {
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumNetworkPolicy",
    metadata: { name: policy.name, namespace: policy.namespace },
    spec: workloadPolicy(policy),
  };
}
