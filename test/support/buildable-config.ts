import { parseConfig } from "@ebpf-platform/lib/config";

/** A stack's config, keys without namespace. */
export type Config = Record<string, unknown>;
export interface ConfiguredNode {
  readonly name: string;
  readonly role: string;
  readonly driver: string;
  readonly address: string;
}

/**
 * Takes out of a stack's config what a program without an engine cannot have: virtual machines, and a cluster whose binary
 * has no hash in a workspace or whose outputs are another stack's. Says what that was.
 */
export function keepBuildable(config: Config, stack: string): readonly string[] {
  const { cluster, nodes: machines } = parseConfig(config, stack);
  const missing = [
    ...(cluster.kind === "k3s" || cluster.kind === "join" ? [`cluster.kind ${cluster.kind}`] : []),
    ...new Set(
      machines.map(({ driver }) => driver).filter((driver) => !["nspawn", "existing"].includes(driver)),
    ),
  ];
  if (missing.length === 0) return [];
  const nodes = config["nodes"] as ConfiguredNode[];
  const balancer = (config["loadBalancer"] as { node?: string } | undefined)?.node;
  // Only an agent balances load to itself, and without a cluster there are none.
  if (nodes.find(({ name }) => name === balancer)?.role !== "edge") delete config["loadBalancer"];
  config["nodes"] = nodes.map(({ name, role, address }) => ({
    ...{ name, role: role === "edge" ? "edge" : "backend", driver: "nspawn", address },
  }));
  config["network"] = { ...(config["network"] as object), bridge: "ebp-sample" };
  config["cluster"] = { kind: "none" };
  delete config["platform"];
  delete config["ssh"];
  delete config["hypervisor"];
  return missing;
}
