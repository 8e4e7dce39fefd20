import { cidrFault, contains, parseCidr, parseIpv4 } from "../cidr";
import { checkNodeReference } from "./check-bpf";
import { addressFault, nodeNetwork } from "./check-network";
import { present, type Draft, type Report } from "./draft";
import { Words } from "./problem";
import type { Role, VipConfig } from "./types";

/** The load balancer: its node, its VIPs' addresses, their backends. */
export function checkLoadBalancer(draft: Draft, report: Report): void {
  const balancer = draft.loadBalancer;
  checkSplit(draft, report);
  if (balancer) {
    checkNodeReference(draft, ["loadBalancer", "node"], balancer.node, report);
    checkRole(draft, ["loadBalancer", "node"], balancer.node, ["edge", "agent"], "the load balancer", report);
  }
  const first = new Map<string, number>();
  for (const [index, vip] of present(draft.vips)) {
    const path = ["loadBalancer", "vips", index];
    const identity = `${vip.address}:${String(vip.port)}/${vip.protocol}`;
    const before = first.get(identity);
    if (before === undefined) first.set(identity, index);
    else report(path, identity, `loadBalancer.vips[${String(before)}] is the same VIP; merge their backends`);
    checkAddress(draft, [...path, "address"], vip.address, report);
    checkBackends(draft, path, vip, report);
    checkHealth([...path, "health"], vip, report);
    if (vip.backendPort !== undefined && vip.mode !== "nat") {
      const remedy = `mode ${vip.mode} leaves the port as it is; use mode nat, or remove the key`;
      report([...path, "backendPort"], vip.backendPort, remedy);
    }
  }
}

function checkAddress(draft: Draft, path: readonly PropertyKey[], text: string, report: Report): void {
  const address = parseIpv4(text);
  const network = nodeNetwork(draft);
  if (address === undefined || !network) return;
  const owner = draft.nodes.find((node) => node?.address === text);
  if (owner) {
    report(path, text, `it is the address of node ${owner.name}; give the VIP one of its own`);
    return;
  }
  const declared = (draft.network?.vipCidrs ?? [])
    .filter((range) => cidrFault(range) === undefined)
    .map(parseCidr);
  if (declared.some((range) => contains(range, address))) return;
  const fault = addressFault(network, address);
  if (fault === undefined) return;
  report(
    path,
    text,
    contains(network, address) ? fault : `${fault}, or declare its range in network.vipCidrs`,
  );
}

function checkBackends(draft: Draft, path: readonly PropertyKey[], vip: VipConfig, report: Report): void {
  const seen = new Set<string>();
  vip.backends.forEach(({ node, candidate, address }, index) => {
    const at = [...path, "backends", index, "node"];
    const elsewhere = [...path, "backends", index, "address"];
    if (address === undefined) checkNodeReference(draft, at, node, report);
    else if (!candidate)
      report(
        elsewhere,
        address,
        "only a candidate can be a node of another stack; add candidate: true, or remove the key",
      );
    else if (draft.nodeNames.includes(node))
      report(elsewhere, address, `${node} is a node of this stack, whose address is known; remove the key`);
    else checkAddress(draft, elsewhere, address, report);
    checkRole(draft, at, node, ["backend", "agent"], "a backend", report);
    if (seen.has(node)) report(at, node, "it is named twice; give it one weight");
    seen.add(node);
  });
  if (vip.backends.every(({ weight, candidate }) => weight === 0 || candidate)) {
    report(
      [...path, "backends"],
      new Words(
        vip.backends.some(({ candidate }) => candidate)
          ? "candidates and weights of 0 only"
          : "weights of 0 only",
      ),
      "nobody would get traffic; give at least one backend a weight above 0",
    );
  }
}

function checkSplit({ trafficSplit, stack }: Draft, report: Report): void {
  if (trafficSplit?.stack.split("/").at(-1) !== stack) return;
  report(
    ["trafficSplit", "stack"],
    trafficSplit.stack,
    "it is this stack itself; a split takes a share of another stack's traffic",
  );
}

function checkHealth(path: readonly PropertyKey[], { health, protocol }: VipConfig, report: Report): void {
  if (!health) return;
  if (protocol === "udp" && health.port === undefined) {
    report(path, new Words("no port"), "checks go over TCP: name a TCP port that tells of this UDP service");
  }
  for (const key of ["path", "host"] as const) {
    if (health.check === "tcp" && health[key] !== undefined)
      report([...path, key], health[key], "only check: http asks for it; choose that, or remove the key");
  }
  if (health.timeoutMs > health.intervalMs) {
    report(
      [...path, "timeoutMs"],
      health.timeoutMs,
      `it is longer than intervalMs; write at most ${health.intervalMs}`,
    );
  }
}

function checkRole(
  draft: Draft,
  path: readonly PropertyKey[],
  name: string,
  roles: readonly Role[],
  what: string,
  report: Report,
): void {
  const node = draft.nodes.find((candidate) => candidate?.name === name);
  if (node && !roles.includes(node.role)) {
    report(path, name, `it is a node with role ${node.role}; ${what} needs role ${roles.join(" or ")}`);
  }
}
