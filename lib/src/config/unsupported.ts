import type { PlatformConfig } from "./types";

/** Drivers and cluster kinds that this version builds; the config accepts more. */
const built = {
  drivers: ["nspawn", "existing", "libvirt", "multipass"],
  clusterKinds: ["none", "existing"],
};

/**
 * The parts a valid config asks for and this version cannot build, one sentence each; empty when it can build all.
 * The program refuses to start while there is one: half a platform is worse than none.
 */
export function unsupported(config: PlatformConfig): string[] {
  return [...unsupportedDrivers(config), ...unsupportedCluster(config)];
}

function unsupportedDrivers({ nodes }: PlatformConfig): string[] {
  const drivers = [...new Set(nodes.map(({ driver }) => driver))].filter(
    (driver) => !built.drivers.includes(driver),
  );
  return drivers.map((driver) => {
    const names = nodes.filter((node) => node.driver === driver).map(({ name }) => name);
    return `This version cannot make machines with driver ${driver}, which nodes ${names.join(", ")} ask for; use ${built.drivers.join(" or ")}.`;
  });
}

function unsupportedCluster({ cluster }: PlatformConfig): string[] {
  if (built.clusterKinds.includes(cluster.kind)) return [];
  return [`This version cannot build cluster.kind ${cluster.kind}; use ${built.clusterKinds.join(" or ")}.`];
}
