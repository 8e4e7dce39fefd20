import type { Architecture, ReleaseLock } from "../release/lock";
import { parseK3sVersion } from "./version";

/** What is asked for: the config's words, and the release's version. */
export interface BinaryRequest {
  readonly stack: string;
  readonly architecture: Architecture;
  /** Undefined for `release: workspace`. */
  readonly lock: Pick<ReleaseLock, "version" | "k3s"> | undefined;
  /** Of the pins, for `release: workspace`. */
  readonly pinned: string;
  readonly version: string | undefined;
  readonly sha256: string | undefined;
  /** Text of the folder's SHA256SUMS; undefined without a folder or such a file. */
  readonly sums: string | undefined;
}

/** Place of the binary in a folder of artifacts. */
export function binaryArtifact(version: string, architecture: Architecture): string {
  return `k3s/${version}/k3s-${architecture}`;
}

/** Where k3s publishes it. */
export function binaryUrl(version: string, architecture: Architecture): string {
  const file = architecture === "amd64" ? "k3s" : `k3s-${architecture}`;
  return `https://github.com/k3s-io/k3s/releases/download/${encodeURIComponent(version)}/${file}`;
}

/**
 * Version and SHA-256 of the binary that a stack runs. A lock decides alone; a workspace takes its own words, or those of
 * the folder's SHA256SUMS. Throws one sentence that says what to do where no hash is known: nothing runs unverified.
 */
export function binaryIdentity(request: BinaryRequest): { version: string; sha256: string } {
  const { stack, lock, architecture } = request;
  if (lock) return lockedIdentity(request, lock);
  const version = request.version ?? request.pinned;
  if (!parseK3sVersion(version)) throw new Error(`${version} is no version of k3s like v1.34.9+k3s1.`);
  const artifact = binaryArtifact(version, architecture);
  const sha256 = request.sha256 ?? sumOf(request.sums ?? "", artifact);
  if (sha256 !== undefined) return { version, sha256 };
  throw new Error(
    `Stack ${stack} runs k3s ${version} and nobody says which SHA-256 its binary for ${architecture} has: set cluster.sha256, or set cluster.folder to a folder with ${artifact} and its line in SHA256SUMS (\`platform fetch --for ${stack}\` makes one).`,
  );
}

function lockedIdentity(
  { stack, architecture, version, sha256 }: BinaryRequest,
  lock: Pick<ReleaseLock, "version" | "k3s">,
): { version: string; sha256: string } {
  const other =
    version !== undefined && version !== lock.k3s.version
      ? `cluster.version ${version}`
      : sha256 === undefined
        ? undefined
        : "cluster.sha256";
  if (other !== undefined)
    throw new Error(
      `Stack ${stack} runs release ${lock.version}, whose lock names k3s ${lock.k3s.version} and its hash; remove ${other}.`,
    );
  const digest = lock.k3s.binaries[architecture];
  if (digest.sha256 !== null) return { version: lock.k3s.version, sha256: digest.sha256 };
  throw new Error(
    `Release ${lock.version} has no SHA-256 of k3s ${lock.k3s.version} for ${architecture} (${digest.reason}); make a release from a folder that has ${binaryArtifact(lock.k3s.version, architecture)}.`,
  );
}

/** The hash that a file in the format of sha256sum(1) gives a path. */
export function sumOf(sums: string, path: string): string | undefined {
  for (const line of sums.split("\n")) {
    const match = /^([0-9a-f]{64}) [ *](?:\.\/)?(.+)$/.exec(line.trim());
    if (match?.[2] === path) return match[1];
  }
  return undefined;
}
