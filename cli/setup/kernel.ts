import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { isAtLeast } from "../engine/version";
import type { Finding } from "./examine";

/** BPF links for XDP (5.9) and `bpf_link` update of them are what the loader builds on. */
const MINIMUM_KERNEL = "5.9";

const read = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").trim() : "");

/** What of the kernel the lab needs and what only some programs need. Looks at files; loads nothing. */
export function kernelFindings(): Finding[] {
  const version = /^\d+\.\d+(\.\d+)?/.exec(release())?.[0] ?? release();
  const btf = existsSync("/sys/kernel/btf/vmlinux");
  const bpffs = read("/proc/filesystems")
    .split("\n")
    .some((line) => line.endsWith("\tbpf"));
  const lsm = read("/sys/kernel/security/lsm");
  const cgroup2 = /^cgroup2? \S+ cgroup2 /m.test(read("/proc/mounts"));
  const finding = (
    part: string,
    found: string,
    wanted: string,
    ok: boolean,
    required: boolean,
    remedy: string,
  ) => ({
    part,
    found,
    wanted,
    ok,
    required,
    remedy,
  });
  return [
    finding(
      "kernel",
      release(),
      `${MINIMUM_KERNEL} or newer`,
      isAtLeast(version, MINIMUM_KERNEL),
      true,
      "boot a newer kernel",
    ),
    finding(
      "BTF",
      btf ? "yes" : "no",
      "CO-RE programs",
      btf,
      true,
      "boot a kernel with CONFIG_DEBUG_INFO_BTF=y",
    ),
    finding(
      "bpffs",
      bpffs ? "yes" : "no",
      "pins on the nodes",
      bpffs,
      true,
      "boot a kernel with CONFIG_BPF_SYSCALL=y",
    ),
    finding("cgroup2", cgroup2 ? "mounted" : "no", "cgroup programs", cgroup2, false, "mount cgroup2"),
    finding(
      "bpf in LSM list",
      lsm || "unreadable",
      "LSM programs (never in the lab)",
      lsm.split(",").includes("bpf"),
      false,
      "boot with lsm=…,bpf",
    ),
  ];
}
