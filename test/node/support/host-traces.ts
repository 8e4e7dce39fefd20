import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { NspawnSpec } from "../../../components/node/nspawn-spec";

/** Everything of a machine that this host still shows; empty once it is deleted. */
export function tracesOf({ stack, name, address }: NspawnSpec): string[] {
  const hex = address
    .split(".")
    .map((octet) => Number(octet).toString(16).padStart(2, "0"))
    .join("");
  const paths = [
    `/var/lib/ebpf-platform/nspawn/${stack}`,
    `/run/ebpf-platform/nspawn/${stack}`,
    `/run/ebpf-platform/locks/nspawn.${stack}.${name}`,
    `/run/netns/ebpf-${stack}-${name}`,
    `/sys/class/net/veb${hex}`,
    `/run/systemd/nspawn/propagate/ebpf-${hex}`,
    `/sys/fs/cgroup/unified/ebpf-platform/${stack}.${name}`,
    `/sys/fs/cgroup/ebpf-platform/${stack}.${name}`,
    `/sys/fs/cgroup/systemd/ebpf-platform/${stack}.${name}`,
  ].filter((path) => existsSync(path));
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(`/${stack}/${name}/`) || line.includes(`ebpf-${stack}-${name}`));
  return [...paths, ...mounts, ...processesWith(`ebpf-${hex}`), ...processesWith(`${stack}/${name}/`)];
}

/** Processes that have a text in their command line. */
export function processesWith(text: string): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .map((pid) => `${pid}: ${readIfThere(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`)
    .filter((line) => line.includes(text));
}

/** A file of /proc or a cgroup; empty when its process has ended. */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))
      return "";
    throw error;
  }
}

/** Runs a program of this host and gives its standard output. */
export function host(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8" }).trim();
}
