import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { LabStack } from "./lab-stack.js";
import { processesWith } from "./process-tree.js";

/** Ids of the BPF programs that a stack's nodes and their ports on this host hold. */
export function programIds(lab: LabStack, nodes: readonly string[]): number[] {
  const ids = nodes.flatMap((node) => [
    ...pinnedPrograms(lab, node),
    ...linkPrograms(lab.onNode(node, "ip -j link")),
    ...linkPrograms(host("ip", "-j", "link", "show", portOf(lab.registry(node).address))),
  ]);
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** Ids of the programs that a node has pinned: of one program of the config, or of all and the root. */
export function pinnedPrograms(lab: LabStack, node: string, name = ""): number[] {
  const out = lab.onNode(
    node,
    `if [[ -d /sys/fs/bpf/ebpf-platform ]]; then
       find "/sys/fs/bpf/ebpf-platform/${name}" -name 'prog_*' -exec bpftool prog show pinned {} \\;
     fi`,
  );
  return [...out.matchAll(/^(\d+): /gm)].map(([, id]) => Number(id));
}

/** Ids of the XDP programs in what `ip -j link` prints. */
export function linkPrograms(json: string): number[] {
  const links = JSON.parse(json) as { xdp?: { prog: { id: number } } }[];
  return links.flatMap(({ xdp }) => (xdp ? [xdp.prog.id] : []));
}

/** The programs of these ids that the kernel still has. A freed one leaves after a grace period. */
export function programsAlive(ids: readonly number[]): number[] {
  const programs = JSON.parse(host("bpftool", "-j", "prog", "list")) as {
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

function host(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8" });
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
