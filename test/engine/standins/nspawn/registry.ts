import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** Where the nspawn driver records each machine that it runs: `<stack>/<name>.json`. */
export const REGISTRY = "/run/ebpf-platform/nspawn";

const recordSchema = z.object({ address: z.string() });

/** The addresses of all nspawn nodes that are registered on this machine. */
export function registeredAddresses(registry = REGISTRY): Set<string> {
  const addresses = new Set<string>();
  for (const stack of entries(registry)) {
    for (const file of entries(join(registry, stack)).filter((name) => name.endsWith(".json"))) {
      const path = join(registry, stack, file);
      addresses.add(recordSchema.parse(JSON.parse(readFileSync(path, "utf8"))).address);
    }
  }
  return addresses;
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
