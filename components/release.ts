import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PlatformConfig } from "@ebpf-platform/lib/config";
import { checkRelease, parseRelease, type ReleaseLock } from "@ebpf-platform/lib/release";
import * as pulumi from "@pulumi/pulumi";
import { projectRoot } from "./project-root";

/**
 * The lock that a stack's config names, checked against the config; undefined for `release: workspace`. Throws one
 * `RunError` that lists everything against running it (see `checkRelease`).
 */
export function loadRelease(config: PlatformConfig): ReleaseLock | undefined {
  if (config.release === "workspace") return undefined;
  const { version } = config.release;
  const path = join(projectRoot(), "releases", `${version}.json`);
  if (!existsSync(path)) {
    throw new pulumi.RunError(
      `Stack ${config.stack} names release ${version} and this checkout has no releases/${version}.json; check out the commit that added it.`,
    );
  }
  const text = readFileSync(path, "utf8");
  try {
    const lock = parseRelease(text);
    checkRelease(config, lock, text);
    return lock;
  } catch (error) {
    throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
  }
}
