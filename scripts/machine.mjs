import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The exit status for a machine that cannot run this (see cli/exit-status.ts). */
export const MISSING_PART = 3;

/** A reason to stop with one sentence. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status = MISSING_PART) {
    super(message);
    this.status = status;
  }
}

/**
 * True when a version such as v20.19.1 is at least the wanted one.
 * @param {string} found
 * @param {string} wanted
 */
export function nodeIsAtLeast(found, wanted) {
  const [a, b] = [found, wanted].map((text) => text.replace(/^v/, "").split(".").map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** @param {string} command */
export function onPath(command) {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((folder) => folder && existsSync(join(folder, command)));
}

/**
 * What is wrong with this machine, as one sentence with the way out; undefined when it will do.
 * @param {{platform: string, uid: number, node: string, wantedNode: string, hasApt: boolean, hasNpm: boolean}} machine
 * @returns {string | undefined}
 */
export function machineProblem({ platform, uid, node, wantedNode, hasApt, hasNpm }) {
  if (platform !== "linux") {
    return `ebpf-platform needs Linux and this is ${platform}; run it in a Debian or Ubuntu VM (for example: multipass launch --memory 8G).`;
  }
  if (!nodeIsAtLeast(node, wantedNode)) {
    return `ebpf-platform needs Node ${wantedNode} or newer and this is ${node}; install a newer Node and run it again.`;
  }
  if (uid !== 0) {
    return "ebpf-platform needs root, because its nodes are containers with their own network; run it again as root or with sudo.";
  }
  if (!hasApt) {
    return "ebpf-platform installs its tools with apt-get, which is not on PATH; use Debian 12, Ubuntu 24.04 or newer.";
  }
  if (!hasNpm) return "ebpf-platform needs npm, which is not on PATH; install npm and run it again.";
  return undefined;
}

/**
 * Stops on a machine that cannot run this, before anything is changed.
 * @param {string} root
 */
export function checkMachine(root) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const problem = machineProblem({
    platform: process.platform,
    uid: process.getuid ? process.getuid() : 0,
    node: process.version,
    wantedNode: manifest.engines.node.replace(/^>=/, ""),
    hasApt: onPath("apt-get") && onPath("dpkg-query"),
    hasNpm: onPath("npm"),
  });
  if (problem !== undefined) throw new SetupError(problem);
}
