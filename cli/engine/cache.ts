import { isAbsolute, join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { goArchitecture, type EnginePins } from "./pins";

/**
 * Where built and fetched things stay between runs and clones: XDG_CACHE_HOME/ebpf-platform, else
 * ~/.cache/ebpf-platform, else (no HOME) `.cache` in the checkout. A relative XDG path is ignored, as its
 * specification says.
 */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env["XDG_CACHE_HOME"];
  if (xdg && isAbsolute(xdg)) return join(xdg, "ebpf-platform");
  const home = env["HOME"];
  if (home && isAbsolute(home)) return join(home, ".cache", "ebpf-platform");
  return join(projectRoot(), ".cache");
}

/** The folder of one engine; its name says version, platform and the hash of what it was made from. */
export function engineFolder(pins: EnginePins, env: NodeJS.ProcessEnv = process.env): string {
  const name = `pulumi-${pins.pulumi}-linux-${goArchitecture()}-${pins.inputsHash}`;
  return join(cacheRoot(env), "engine", name);
}
