import { parseConfig, unsupported } from "@ebpf-platform/lib/config";

/** A stack's config, keys without namespace. */
export type Config = Record<string, unknown>;
export interface ConfiguredNode {
  readonly name: string;
  readonly role: string;
  readonly driver: string;
  readonly address: string;
}

/**
 * Takes out of a stack's config what the program of this commit cannot build, with nspawn machines instead of others, and
 * says what that was; changes nothing once the program can build it all.
 */
export function keepBuildable(config: Config, stack: string): readonly string[] {
  const missing = unsupported(parseConfig(config, stack));
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
  return missing;
}
