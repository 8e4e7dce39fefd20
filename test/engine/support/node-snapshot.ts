import type { LabStack } from "./lab-stack.js";

/** Everything that the project manages on a node: a second run that touches any of it is no second run. */
const MANAGED = [
  "/usr/local/lib/ebpf-platform",
  "/var/lib/ebpf-platform",
  "/etc/ebpf-platform",
  "/etc/systemd/system",
  "/etc/sysctl.d",
  "/etc/nginx",
  "/etc/ssh",
  "/root/.ssh",
];

/** Inode, modification time and size of every managed file, and the ids of the programs in the kernel. */
export function nodeSnapshot(lab: LabStack, node: string): string[] {
  const files = lab.onNode(
    node,
    `for folder in ${MANAGED.join(" ")}; do
       if [[ -e $folder ]]; then find "$folder" -printf '%p inode %i modified %T@ size %s\\n'; fi
     done | LC_ALL=C sort`,
  );
  const pins = lab.onNode(
    node,
    `if [[ -d /sys/fs/bpf/ebpf-platform ]]; then
       find /sys/fs/bpf/ebpf-platform -name 'prog_*' | LC_ALL=C sort | while read -r pin; do
         echo "$pin $(bpftool prog show pinned "$pin" | head -n 1 | cut -d: -f1)"
       done
     fi`,
  );
  const processes = lab.onNode(node, "systemctl show --property=MainPID ssh nginx ebpf-platform-health");
  return [...files.split("\n"), ...pins.split("\n"), ...processes.split("\n")].filter(Boolean);
}
