import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../components/project-root";

/**
 * The oldest `pulumi` on PATH that is taken: `options.refresh: always` with policy packs and the nodejs
 * dynamic providers of the pinned SDK were proven with 3.200.0 and nothing older was tried.
 */
export const MINIMUM_PULUMI = "3.200.0";

/** How the engine is built; part of the cache key, so that a change here builds anew. */
export const BUILD_FLAGS = ["-mod=readonly", "-trimpath", "-buildvcs=false"] as const;

export interface EnginePins {
  /** Version of the CLI that is downloaded or built. */
  pulumi: string;
  /** Version of the SDK module that holds the Node language host. */
  nodejsHost: string;
  /** The oldest Go that the two go.mod files accept. */
  go: string;
  /** Changes with every input of the build. */
  inputsHash: string;
}

/** One pinned `golang.org/toolchain` version with the hash its content must have. */
export interface ToolchainPin {
  version: string;
  sum: string;
}

const engineTools = () => join(projectRoot(), "tools", "engine");

/** The folder of one go.mod: the CLI, the Node language host or the Go toolchain. */
export function engineModule(name: "cli" | "nodejs-host" | "toolchain"): string {
  return join(engineTools(), name);
}

/** The version that a go.mod requires of a module. */
export function requiredVersion(goMod: string, module: string): string {
  const line = goMod.split("\n").find((text) =>
    text
      .replace(/^require /, "")
      .trim()
      .startsWith(`${module} v`),
  );
  const version = line
    ?.replace(/^require /, "")
    .trim()
    .split(/\s+/)[1];
  if (version === undefined) throw new Error(`go.mod does not require ${module}.`);
  return version.slice(1);
}

/** The `go` directive of a go.mod. */
export function goDirective(goMod: string): string {
  const version = /^go (\S+)$/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error("go.mod has no go directive.");
  return version;
}

/** The toolchain of a platform (`linux-amd64`) in a go.sum. */
export function toolchainPin(goSum: string, platform: string): ToolchainPin | undefined {
  for (const line of goSum.split("\n")) {
    const [module, version, sum] = line.split(" ");
    if (module === "golang.org/toolchain" && version?.endsWith(`.${platform}`) && sum !== undefined) {
      return { version, sum };
    }
  }
  return undefined;
}

/** `amd64` or `arm64`: the names Go and the plugins use. */
export function goArchitecture(architecture: string = process.arch): string {
  return architecture === "x64" ? "amd64" : architecture;
}

export function readPins(): EnginePins {
  const files = (["cli", "nodejs-host"] as const).flatMap((name) =>
    ["go.mod", "go.sum"].map((file) => readFileSync(join(engineModule(name), file), "utf8")),
  );
  const [cliMod = "", , hostMod = ""] = files;
  return {
    pulumi: requiredVersion(cliMod, "github.com/pulumi/pulumi/pkg/v3"),
    nodejsHost: requiredVersion(hostMod, "github.com/pulumi/pulumi/sdk/v3"),
    go: goDirective(cliMod),
    inputsHash: createHash("sha256")
      .update(JSON.stringify([BUILD_FLAGS, ...files]))
      .digest("hex")
      .slice(0, 12),
  };
}

export function readToolchainPin(): ToolchainPin | undefined {
  const goSum = readFileSync(join(engineModule("toolchain"), "go.sum"), "utf8");
  return toolchainPin(goSum, `linux-${goArchitecture()}`);
}
