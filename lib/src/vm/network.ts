import { formatIpv4, gatewayOf, type Cidr } from "../cidr";
import type { VmNetwork } from "../config/types";
import { element, renderXml } from "./xml";

export interface VmNetworkSpec {
  /** Name of the libvirt network and of its bridge: one bridge has one name everywhere. */
  readonly bridge: string;
  readonly cidr: Cidr;
  readonly mode: Exclude<VmNetwork, "bridge">;
  /** Whether libvirt's dnsmasq answers names; machines have fixed addresses, so it gives none out. */
  readonly dns: boolean;
}

/** The network (libvirt.org/formatnetwork.html); `isolated` is one without the element forward. */
export function networkXml({ bridge, cidr, mode, dns }: VmNetworkSpec): string {
  return renderXml(
    element("network", {}, [
      element("name", {}, bridge),
      mode === "isolated" ? undefined : element("forward", { mode }),
      element("bridge", { name: bridge, stp: "off", delay: 0 }),
      element("dns", { enable: dns ? "yes" : "no" }),
      element("ip", { address: formatIpv4(gatewayOf(cidr)), prefix: cidr.prefix }),
    ]),
  );
}

/** The name servers of machines: those that are given, else the network's own where it has one. */
export function nameServers(mode: VmNetwork, dns: readonly string[], cidr: Cidr): readonly string[] {
  if (dns.length > 0) return dns;
  return mode === "nat" || mode === "route" ? [formatIpv4(gatewayOf(cidr))] : [];
}
