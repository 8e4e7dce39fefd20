import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ChartName, PlatformConfig } from "@ebpf-platform/lib/config";
import { parsePins, type Digest, type ReleaseLock } from "@ebpf-platform/lib/release";
import * as pulumi from "@pulumi/pulumi";
import { projectRoot } from "../project-root";

/** What a release says of the charts: the stack's lock, or for `release: workspace` the pins of the checkout. */
export interface ReleaseVersions {
  /** k3s release, which is the version of Kubernetes the charts are made for. */
  readonly k3s: string;
  readonly charts: Readonly<Record<string, { version: string; repository: string; archive?: Digest }>>;
}

export function releaseVersions(lock: ReleaseLock | undefined): ReleaseVersions {
  if (lock) return { k3s: lock.k3s.version, charts: lock.charts };
  const pins = parsePins(readFileSync(join(projectRoot(), "releases", "pins.json"), "utf8"));
  return { k3s: pins.k3s, charts: pins.charts };
}

/** Where Helm takes a chart from, as a Release has it. */
export interface ChartSource {
  readonly chart: string;
  readonly version: string;
  readonly repositoryOpts?: { readonly repo: string };
}

/**
 * The source of a chart: its repository, or a `.tgz` of `charts.folder`. Throws one sentence when the archive is missing or
 * is not the one the lock names.
 */
export function chartSource(
  chart: ChartName,
  { charts }: ReleaseVersions,
  { folder }: PlatformConfig["charts"],
): ChartSource {
  const pinned = charts[chart];
  if (!pinned) throw new pulumi.RunError(`The release has no chart ${chart}; add it to releases/pins.json.`);
  const { version, repository, archive } = pinned;
  if (folder === undefined) {
    return repository.startsWith("oci://")
      ? { chart: repository, version }
      : { chart, version, repositoryOpts: { repo: repository } };
  }
  const path = join(resolve(projectRoot(), folder), `${chart}-${version}.tgz`);
  if (!existsSync(path)) {
    throw new pulumi.RunError(
      `charts.folder ${folder} has no ${chart}-${version}.tgz; fetch it from ${repository}.`,
    );
  }
  const found = createHash("sha256").update(readFileSync(path)).digest("hex");
  if (archive && archive.sha256 !== null && archive.sha256 !== found) {
    throw new pulumi.RunError(
      `${path} has SHA-256 ${found} and the release's lock says ${archive.sha256}; fetch the chart from ${repository} again.`,
    );
  }
  return { chart: path, version };
}
