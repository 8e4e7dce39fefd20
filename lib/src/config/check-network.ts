import {
  cidrFault,
  contains,
  formatCidr,
  formatIpv4,
  gatewayOf,
  lastAddress,
  overlaps,
  parseCidr,
  parseIpv4,
  type Cidr,
} from "../cidr";
import { SERVICE_CIDR } from "../k3s/data-plane";
import { isInterfaceName } from "../names";
import { present, type Draft, type Report } from "./draft";

/** Pods' network of a cluster of ours (k3s' default). */
export const POD_CIDR = "10.42.0.0/16";

const reserved = [
  { cidr: parseCidr(POD_CIDR), what: "the pod network" },
  { cidr: parseCidr(SERVICE_CIDR), what: "the service network" },
];

/** Networks that a bridge on this machine may take without hiding somebody's real hosts. */
const privateNetworks = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16", // RFC 1918
  "100.64.0.0/10", // RFC 6598
  "198.18.0.0/15", // RFC 2544, benchmarks
].map(parseCidr);

/** The node network, the networks around it, and the nodes' names and addresses in it. */
export function checkNetwork(draft: Draft, report: Report): void {
  checkRanges(draft, report);
  checkBridge(draft, report);
  checkNodeNames(draft, report);
  checkAddresses(draft, report);
}

/** The node network, when its text is one. */
export function nodeNetwork(draft: Draft): Cidr | undefined {
  const text = draft.network?.cidr;
  return text === undefined || cidrFault(text) !== undefined ? undefined : parseCidr(text);
}

function checkRanges(draft: Draft, report: Report): void {
  const nodes = nodeNetwork(draft);
  if (!draft.network || !nodes) return;
  const others = [...reserved];
  const madeHere = draft.nodes.some((node) => node !== undefined && node.driver !== "existing");
  const ranges = [draft.network.cidr, ...draft.network.vipCidrs];
  ranges.forEach((text, index) => {
    const path = index === 0 ? ["network", "cidr"] : ["network", "vipCidrs", index - 1];
    const range = parseCidr(text);
    for (const other of others.filter(({ cidr }) => overlaps(cidr, range))) {
      report(path, text, `it overlaps ${formatCidr(other.cidr)}, ${other.what}; choose another range`);
    }
    others.push({ cidr: range, what: index === 0 ? "the node network" : "another VIP range" });
  });
  if (
    madeHere &&
    !privateNetworks.some((space) => contains(space, nodes.base) && nodes.prefix >= space.prefix)
  ) {
    report(
      ["network", "cidr"],
      draft.network.cidr,
      `machines made here need a private network: one inside ${privateNetworks.map(formatCidr).join(", ")}`,
    );
  }
}

/** The bridge's name where the config gives none. */
export function defaultBridge(stack: string): string {
  return `ebp-${stack}`;
}

function checkBridge(draft: Draft, report: Report): void {
  const derived = defaultBridge(draft.stack);
  if (draft.network && draft.network.bridge === undefined && !isInterfaceName(derived)) {
    report(
      ["network", "bridge"],
      undefined,
      `the default ${derived} is longer than 15 characters; name the bridge`,
    );
  }
}

function checkNodeNames(draft: Draft, report: Report): void {
  const first = new Map<string, number>();
  for (const [index, { name }] of present(draft.nodes)) {
    const before = first.get(name);
    if (before === undefined) first.set(name, index);
    else
      report(
        ["nodes", index, "name"],
        name,
        `nodes[${String(before)}] has this name already; names are unique`,
      );
  }
}

function checkAddresses(draft: Draft, report: Report): void {
  const network = nodeNetwork(draft);
  const owners = new Map<number, string>();
  for (const [index, node] of present(draft.nodes)) {
    const path = ["nodes", index, "address"];
    const address = parseIpv4(node.address);
    if (address === undefined) continue;
    const owner = owners.get(address);
    if (owner !== undefined)
      report(path, node.address, `node ${owner} has this address already; addresses are unique`);
    else owners.set(address, node.name);
    const fault = network && addressFault(network, address);
    if (fault !== undefined) report(path, node.address, fault);
  }
}

/** Why an address cannot be a machine's in a network; undefined when it can. */
export function addressFault(network: Cidr, address: number): string | undefined {
  const choice = `choose one from ${formatIpv4(network.base + 2)} to ${formatIpv4(lastAddress(network) - 1)}`;
  if (!contains(network, address)) return `it is outside the node network ${formatCidr(network)}; ${choice}`;
  if (address === network.base) return `it is the network's own address; ${choice}`;
  if (address === gatewayOf(network)) return `it is the gateway; ${choice}`;
  if (address === lastAddress(network)) return `it is the broadcast address; ${choice}`;
  return undefined;
}
