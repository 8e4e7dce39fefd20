import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { K3sNodesConfig } from "@ebpf-platform/lib/config";
import { binaryArtifact, binaryIdentity, binaryUrl } from "@ebpf-platform/lib/k3s";
import type { ReleaseLock } from "@ebpf-platform/lib/release";
import * as pulumi from "@pulumi/pulumi";
import { releaseVersions } from "../../addon/chart-source";
import type { CommandTarget } from "../../node/node-command";
import { projectRoot } from "../../project-root";
import { lazyClusterProvider } from "../lazy-provider";
import type { K3sBinary } from "./install";

/** Where a binary of this machine is put on nodes. */
const STAGED = "/var/lib/ebpf-platform/staged/k3s";

/** The binary of a stack and, where it comes from a folder of this machine, its file there. */
export interface BinarySource extends K3sBinary {
  readonly file: string | undefined;
}

/**
 * Which binary the nodes of a stack run. Throws one `RunError` that says which file to place where, before anything is
 * created, when its hash or the file in the folder is missing.
 */
export function binarySource(cluster: K3sNodesConfig, lock: ReleaseLock | undefined): BinarySource {
  const { arch: architecture, version, sha256 } = cluster;
  const folder = cluster.folder === undefined ? undefined : resolve(projectRoot(), cluster.folder);
  const sumsFile = folder === undefined ? undefined : join(folder, "SHA256SUMS");
  const sums = sumsFile !== undefined && existsSync(sumsFile) ? readFileSync(sumsFile, "utf8") : undefined;
  const pinned = releaseVersions(lock).k3s;
  try {
    const stack = pulumi.getStack();
    const found = binaryIdentity({ stack, architecture, lock, pinned, version, sha256, sums });
    const file = folder === undefined ? undefined : join(folder, binaryArtifact(found.version, architecture));
    if (file !== undefined && !existsSync(file)) {
      throw new Error(
        `cluster.folder ${cluster.folder ?? ""} has no ${binaryArtifact(found.version, architecture)}; place the file of ${binaryUrl(found.version, architecture)} there (SHA-256 ${found.sha256}).`,
      );
    }
    const url = file === undefined ? binaryUrl(found.version, architecture) : "";
    return { ...found, architecture, url, staged: STAGED, file };
  } catch (error) {
    throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
  }
}

const loader = lazyClusterProvider("stagedFileProvider");

/** The binary of this machine's folder on a node. */
export class StagedBinary extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    { machine, source, sha256 }: { machine: CommandTarget; source: string; sha256: string },
    opts: pulumi.CustomResourceOptions,
  ) {
    const { connection, instance } = machine;
    super(
      loader,
      name,
      { node: machine.name, connection, source, sha256, path: STAGED, instance },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["connection"] }),
      "cluster",
      "StagedFile",
    );
  }
}
