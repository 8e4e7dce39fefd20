import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { lookForEngine } from "../../../cli/engine/locate.js";
import {
  officialIsPresent,
  pinnedProviders,
  pulumiHome,
  standInFolder,
  type Provider,
} from "../../../cli/engine/plugins.js";

const checkout = join(__dirname, "../../..");

export interface ActiveProvider {
  provider: Provider;
  version: string;
  kind: "official" | "stand-in";
  executable: string;
}

export interface EngineEnvironment {
  providers: ActiveProvider[];
  path: string;
  dispose(): void;
}

/**
 * The engine of this machine with the provider plugins that are there: an official one if it is installed or on PATH,
 * else our stand-in. Nothing is fetched. Answers with what is missing if there is no engine.
 */
export async function engineEnvironment(): Promise<EngineEnvironment | { missing: string }> {
  const engine = await lookForEngine();
  if ("reason" in engine) return { missing: `a Pulumi engine (${engine.reason})` };
  const pinned = pinnedProviders(readFileSync(join(checkout, "package.json"), "utf8"));
  const folder = mkdtempSync(join(tmpdir(), "contract-plugins-"));
  const providers = [...pinned].map(([provider, version]): ActiveProvider => {
    const name = `pulumi-resource-${provider}`;
    if (officialIsPresent(provider, version, process.env)) {
      return { provider, version, kind: "official", executable: officialExecutable(name, provider, version) };
    }
    // A link for each one that is needed: the engine prefers PATH to what is installed.
    const executable = join(folder, name);
    symlinkSync(join(standInFolder(), name), executable);
    return { provider, version, kind: "stand-in", executable };
  });
  return {
    providers,
    path: [engine.bin, folder, process.env["PATH"] ?? ""].join(delimiter),
    dispose: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The engine takes the one on PATH before the installed one. */
function officialExecutable(name: string, provider: Provider, version: string): string {
  const installed = join(pulumiHome(), "plugins", `resource-${provider}-v${version}`, name);
  const onPath = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== standInFolder());
  return onPath.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? installed;
}
