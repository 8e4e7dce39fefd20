import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { LabStack } from "./lab-stack.js";
import { processesWith } from "./process-tree.js";

/** Ids of the BPF programs that a stack's nodes and their ports on this host hold. */
export function programIds(lab: LabStack, nodes: readonly string[]): number[] {
  const ids = nodes.flatMap((node) => {
    const pinned = lab.onNode(
      node,
      `if [[ -d /sys/fs/bpf/ebpf-platform ]]; then
         find /sys/fs/bpf/ebpf-platform -name 'prog_*' -exec bpftool -j prog show pinned {} \\; | jq .id
       fi
       ip -j link | jq '.[].xdp.prog.id // empty'`,
    );
    return [...pinned.trim().split("\n").filter(Boolean).map(Number), portProgram(lab, node)];
  });
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** The program on the host's end of a node's link. */
function portProgram(lab: LabStack, node: string): number {
  const links = JSON.parse(
    execFileSync("ip", ["-j", "link", "show", portOf(addressOf(lab, node))], { encoding: "utf8" }),
  ) as {
    xdp?: { prog: { id: number } };
  }[];
  return links[0]?.xdp?.prog.id ?? 0;
}

/** The programs of these ids that the kernel still has. A freed one leaves after a grace period. */
export function programsAlive(ids: readonly number[]): number[] {
  const programs = JSON.parse(execFileSync("bpftool", ["-j", "prog", "list"], { encoding: "utf8" })) as {
    id: number;
  }[];
  return programs.map(({ id }) => id).filter((id) => ids.includes(id));
}

/** Everything on this host that belongs to a stack's nodes: empty after `platform down`. */
export function leftovers(lab: LabStack, addresses: readonly string[]): string[] {
  const { stack, bridge } = lab;
  const paths = [
    `/var/lib/ebpf-platform/nspawn/${stack}`,
    `/run/ebpf-platform/nspawn/${stack}`,
    `/sys/class/net/${bridge}`,
    ...addresses.flatMap((address) => [
      `/sys/class/net/${portOf(address)}`,
      `/run/systemd/nspawn/propagate/ebpf-${hexOf(address)}`,
    ]),
  ].filter((path) => existsSync(path));
  const named = find(["/var/lib/ebpf-platform", "/run/ebpf-platform", "/run/netns", "/sys/fs/cgroup"], stack);
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(`/${stack}/`) || line.includes(`ebpf-${stack}-`));
  const processes = [
    ...addresses.map((address) => `ebpf-${hexOf(address)}`),
    `ebpf-nspawn-${stack}-`,
    lab.copy.root,
  ];
  return [...new Set([...paths, ...named, ...mounts, ...processes.flatMap(processesWith)])];
}

/** Files with the stack's name as a whole word of theirs; a machine's own tree is not searched. */
function find(folders: readonly string[], stack: string): string[] {
  const out = execFileSync(
    "find",
    [
      ...folders.filter((folder) => existsSync(folder)),
      ...["-regextype", "posix-extended", "-name", "root", "-prune", "-o"],
      ...["-regex", `.*[/.-]${stack}([/.-][^/]*)?`, "-print"],
    ],
    { encoding: "utf8" },
  );
  return out.split("\n").filter(Boolean);
}

function addressOf(lab: LabStack, node: string): string {
  return lab.registry(node).address;
}

function portOf(address: string): string {
  return `veb${hexOf(address)}`;
}

function hexOf(address: string): string {
  return address
    .split(".")
    .map((octet) => Number(octet).toString(16).padStart(2, "0"))
    .join("");
}
