/** The Services' network; k3s' default, which its DNS address 10.43.0.10 belongs to. */
export const SERVICE_CIDR = "10.43.0.0/16";

/** What k3s leaves to others, and what Cilium takes over: one decision with two sides. */
export interface DataPlane {
  /** Keys of a server's config.yaml. */
  readonly k3s: Readonly<Record<string, string | boolean | readonly string[]>>;
  /** Values of chart `cilium`. */
  readonly cilium: { readonly kubeProxyReplacement: true; readonly ipv4NativeRoutingCIDR: string };
}

/**
 * Cilium as the whole data plane. kube-proxy off without its replacement leaves no Service working, both on write the
 * same rules twice: so both sides come from here, and nothing else says either of them.
 * @param podCidr the pods' network, by default 10.42.0.0/16
 */
export function ciliumDataPlane(podCidr: string): DataPlane {
  return {
    k3s: {
      "flannel-backend": "none",
      "disable-network-policy": true,
      "disable-kube-proxy": true,
      // Cilium announces Services and has the Gateway API; metrics come from the platform's own Prometheus.
      disable: ["metrics-server", "servicelb", "traefik"],
      "cluster-cidr": [podCidr],
      "service-cidr": [SERVICE_CIDR],
    },
    cilium: { kubeProxyReplacement: true, ipv4NativeRoutingCIDR: podCidr },
  };
}
