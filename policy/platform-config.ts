import { ConfigError, parseConfig } from "@ebpf-platform/lib/config";
import type { PlatformConfig } from "@ebpf-platform/lib/config/types";

/** The config as the program reads it, or why it cannot be read. Of secrets only the names go in. */
export function readPlatformConfig(
  config: ReadonlyMap<string, unknown>,
  stack: string,
): { readonly platform: PlatformConfig | undefined; readonly configProblem?: string } {
  const raw: Record<string, unknown> = {};
  for (const [key, value] of config) {
    const [namespace, name] = key.split(":");
    if (namespace !== "ebpf-platform" || name === undefined) continue;
    raw[name] =
      name === "secrets" && typeof value === "object" && value !== null ? Object.keys(value) : value;
  }
  try {
    return { platform: parseConfig(raw, stack) };
  } catch (error) {
    if (error instanceof ConfigError) return { platform: undefined, configProblem: error.message };
    throw error;
  }
}
