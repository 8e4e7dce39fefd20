import { existsSync, openSync, closeSync, readFileSync, writeFileSync, fsyncSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  isReleaseVersion,
  lockDifferences,
  missingDigests,
  parseRelease,
  releaseIdentity,
  renderRelease,
  type ReleaseLock,
} from "@ebpf-platform/lib/release";
import { projectRoot } from "../../components/project-root";
import { Failure, messageOf } from "../failure";
import { buildLock } from "./build-lock";
import { git, uncommittedFiles, withCommit } from "./checkout";

export interface ArtifactOption {
  artifacts?: string;
}

/** Writes the lock of the last commit. */
export async function create(version: string, { artifacts }: ArtifactOption): Promise<void> {
  const path = lockPath(version);
  if (existsSync(path)) {
    throw new Failure(
      "usage",
      `releases/${version}.json exists and a lock is written once; choose the next version.`,
    );
  }
  const dirty = await uncommittedFiles();
  if (dirty.length > 0) {
    const listed = dirty.slice(0, 5).map((line) => line.slice(3));
    throw new Failure(
      "usage",
      `A lock names a commit, and these files differ from it: ${listed.join(", ")}${dirty.length > listed.length ? ", …" : ""}; commit or remove them`,
    );
  }
  const commit = (await git("rev-parse", "HEAD")).trim();
  const lock = await rebuild(version, commit, artifacts);
  writeOnce(path, renderRelease(lock));
  printLock(lock, renderRelease(lock));
}

/** Prints a lock. */
export function show(version: string): void {
  const text = readLock(version);
  printLock(parseLock(text), text);
}

/** Builds a lock again and fails with what differs. */
export async function verify(version: string, { artifacts }: ArtifactOption): Promise<void> {
  const lock = parseLock(readLock(version));
  const differences = lockDifferences(lock, await rebuild(version, lock.commit, artifacts));
  if (differences.length === 0) {
    console.log(`releases/${version}.json is what commit ${lock.commit.slice(0, 12)} gives.`);
    return;
  }
  throw new Failure(
    "failed",
    `releases/${version}.json differs from what commit ${lock.commit.slice(0, 12)} gives on this machine:\n${differences.map((line) => `  - ${line}`).join("\n")}\nOther bpf.compiler or bpf.btf explain other objects; anything else means the lock or the commit was changed.`,
  );
}

function rebuild(version: string, commit: string, artifacts: string | undefined): Promise<ReleaseLock> {
  const folder = artifacts === undefined ? undefined : resolve(artifacts);
  return withCommit(commit, (tree) => buildLock({ version, commit, tree, artifacts: folder }));
}

function lockPath(version: string): string {
  if (!isReleaseVersion(version)) {
    throw new Failure(
      "usage",
      `"${version}" is no release version; write year.month.patch without leading zeros, like 2026.11.0.`,
    );
  }
  return join(projectRoot(), "releases", `${version}.json`);
}

function readLock(version: string): string {
  const path = lockPath(version);
  if (existsSync(path)) return readFileSync(path, "utf8");
  throw new Failure(
    "usage",
    `There is no releases/${version}.json; make it with: platform release create ${version}`,
  );
}

function parseLock(text: string): ReleaseLock {
  try {
    return parseRelease(text);
  } catch (error) {
    throw new Failure("failed", messageOf(error));
  }
}

/** Creates a file that must not exist, on disk before this returns. */
function writeOnce(path: string, text: string): void {
  const file = openSync(path, "wx", 0o644);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function printLock(lock: ReleaseLock, text: string): void {
  const missing = missingDigests(lock);
  console.log(`release     ${lock.version}@sha256:${releaseIdentity(text)}`);
  console.log(`commit      ${lock.commit}`);
  console.log(`pulumi      ${lock.tools.pulumi} with ${pairs(lock.tools.plugins)}`);
  console.log(`k3s         ${lock.k3s.version}`);
  console.log(
    `charts      ${pairs(Object.fromEntries(Object.entries(lock.charts).map(([name, { version }]) => [name, version])))}`,
  );
  console.log(`bpf         ${Object.keys(lock.bpf.programs).join(", ")} (${lock.bpf.compiler})`);
  console.log(`kernel      ${lock.kernel.minimum} or newer`);
  console.log(
    `upgrades    ${lock.upgradeFrom.length === 0 ? "from no earlier release" : `from ${lock.upgradeFrom.join(", ")}`}`,
  );
  if (missing.length === 0) return;
  console.log(`\n${String(missing.length)} digests are missing, so that only stages lab and dev may run it:`);
  for (const digest of missing) console.log(`  - ${digest}`);
}

function pairs(table: Readonly<Record<string, string>>): string {
  return Object.entries(table)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}
