import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ConfigError, parseConfig, readStackFile, type PlatformConfig } from "@ebpf-platform/lib/config";
import {
  airGapFiles,
  ARCHITECTURES,
  type AirGapFile,
  type AirGapRelease,
  type Architecture,
} from "@ebpf-platform/lib/release";
import { releaseVersions } from "../../components/addon/chart-source";
import { projectRoot } from "../../components/project-root";
import { loadRelease } from "../../components/release";
import { Failure, messageOf } from "../failure";
import { checkStackName, configuredStacks } from "../stack/open";

/** What a stack wants of an air-gap folder. */
export interface Wanted {
  readonly config: PlatformConfig;
  readonly files: readonly AirGapFile[];
}

/** The files of a stack, from its config file and its release. Throws a `Failure` with every problem of the config. */
export function wantedFiles(stack: string, architecture: string): Wanted {
  checkStackName(stack, configuredStacks());
  const known = ARCHITECTURES.find((each) => each === architecture);
  if (known === undefined) {
    throw new Failure("usage", `There is no k3s for ${architecture}; choose ${ARCHITECTURES.join(" or ")}.`);
  }
  const config = stackConfig(stack);
  return { config, files: airGapFiles(config, releaseOf(config), known) };
}

function stackConfig(stack: string): PlatformConfig {
  const path = join(projectRoot(), `Pulumi.${stack}.yaml`);
  try {
    return parseConfig(readStackFile(readFileSync(path, "utf8")), stack);
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure("usage", error.message);
    throw error;
  }
}

/** What a stack's release says of the parts that come from outside. */
export function stackRelease(stack: string): AirGapRelease {
  checkStackName(stack, configuredStacks());
  return releaseOf(stackConfig(stack));
}

function releaseOf(config: PlatformConfig): AirGapRelease {
  try {
    const lock = loadRelease(config);
    const { k3s, charts } = releaseVersions(lock);
    return { k3s: { version: k3s, ...(lock && { binaries: lock.k3s.binaries }) }, charts };
  } catch (error) {
    throw new Failure("usage", messageOf(error));
  }
}

/** SHA-256 of a file, read in pieces: the images of k3s are hundreds of megabytes. Undefined where there is none. */
export async function sha256Of(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** The architecture of this machine by the names of the releases. */
export function ownArchitecture(): Architecture {
  return process.arch === "arm64" ? "arm64" : "amd64";
}
