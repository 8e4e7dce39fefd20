/** A version of k3s: that of Kubernetes, and the build of it. */
export interface K3sVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** The number after `+k3s`. */
  readonly build: number;
}

const PATTERN = /^v(\d+)\.(\d+)\.(\d+)\+k3s(\d+)$/;

/** Reads a version like `v1.34.9+k3s1`; undefined for any other text, channels and release candidates too. */
export function parseK3sVersion(text: string): K3sVersion | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [major = 0, minor = 0, patch = 0, build = 0] = match.slice(1).map(Number);
  return { major, minor, patch, build };
}

/** Negative when `a` is older than `b`, positive when it is newer, 0 when they are equal. */
export function compareK3sVersions(a: K3sVersion, b: K3sVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || a.build - b.build;
}

/**
 * Why an agent of one version must not join servers of another, as half a sentence; undefined when it may. A kubelet is
 * never newer than the API server and at most three minors older (kubernetes.io/releases/version-skew-policy).
 */
export function agentVersionFault(agent: string, server: string): string | undefined {
  const [older, newer] = [parseK3sVersion(agent), parseK3sVersion(server)];
  if (!older) return `${agent} is no version like v1.34.9+k3s1`;
  if (!newer) return `the servers' version ${server} is none like v1.34.9+k3s1`;
  if (compareK3sVersions(older, newer) > 0)
    return `${agent} is newer than the servers' ${server}; upgrade the servers first`;
  if (older.major !== newer.major || newer.minor - older.minor > 3)
    return `${agent} is more than three minor versions older than the servers' ${server}; upgrade the agent`;
  return undefined;
}
