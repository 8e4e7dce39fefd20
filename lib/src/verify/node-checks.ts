import type { NodeFacts } from "./node-facts";
import { fail, notRun, pass, type CheckGroup, type Outcome } from "./result";

/** A check of one node by its facts. */
export interface NodeCheck {
  readonly id: string;
  readonly group: CheckGroup;
  readonly title: string;
  readonly judge: (facts: NodeFacts, context: NodeContext) => Outcome;
}

export interface NodeContext {
  /** A driver of lib/config: nspawn machines share the kernel of their host. */
  readonly driver: string;
  /** Seconds by which the node's clock differs from this machine's, and half the round trip that hides. */
  readonly clock: { readonly skew: number; readonly uncertainty: number };
}

/** Most seconds by which two clocks may differ: leases of a traffic split and tokens stand on them. */
const MOST_SKEW = 1;
/** Most of a disk or of its inodes, in percent: below what makes the kubelet evict (85 %). */
const MOST_DISK = 80;

/** Least values of kernel settings: k3s's CIS guide and ours (docs/node-preparation.md). */
const LEAST: Readonly<Record<string, number>> = {
  "net.core.bpf_jit_enable": 1,
  "kernel.unprivileged_bpf_disabled": 1,
  "kernel.kptr_restrict": 1,
  "kernel.dmesg_restrict": 1,
};

const one = (facts: NodeFacts, name: string): string | undefined => facts.get(name)?.[0];
const unread = (what: string): Outcome => notRun(`${what} could not be read on the node`);

/** Every check of a machine's own state. Order: as in the report. */
export const nodeChecks: readonly NodeCheck[] = [
  {
    id: "node.units",
    group: "nodes",
    title: "systemd has started everything",
    judge: (facts) => {
      const failed = facts.get("failed-unit") ?? [];
      const system = one(facts, "system");
      if (failed.length > 0)
        return fail(
          `failed: ${failed.join(", ")}`,
          `see journalctl -u ${failed[0] ?? ""} there and restart it`,
        );
      if (system === undefined) return unread("the state of systemd");
      return system === "running"
        ? pass("running")
        : fail(`systemd says ${system}`, "see systemctl list-jobs there");
    },
  },
  {
    id: "node.clock",
    group: "nodes",
    title: `the clock is within ${String(MOST_SKEW)} s of this machine's`,
    judge: (facts, { clock }) => {
      if (!facts.has("time")) return unread("the time");
      const said = `${clock.skew.toFixed(2)} s off (± ${clock.uncertainty.toFixed(2)} s)`;
      // What the round trip hides is not held against the node.
      return Math.abs(clock.skew) - clock.uncertainty <= MOST_SKEW
        ? pass(said)
        : fail(said, "start a time service there (systemd-timesyncd, chrony)");
    },
  },
  {
    id: "node.disk",
    group: "nodes",
    title: `the root file system is at most ${String(MOST_DISK)} % full`,
    judge: (facts) => {
      const used = Math.max(Number(one(facts, "disk") ?? NaN), Number(one(facts, "inodes") ?? 0));
      if (!Number.isFinite(used)) return unread("the use of the disk");
      return used <= MOST_DISK
        ? pass(`${String(used)} %`)
        : fail(`${String(used)} % full`, "free space or grow the disk before the kubelet evicts");
    },
  },
  {
    id: "node.mounts",
    group: "nodes",
    title: "bpffs and cgroup v2 are mounted",
    judge: (facts) => {
      if (!facts.has("bpffs") || !facts.has("cgroup")) return unread("the mounts");
      const wrong = [
        ["bpffs", "bpf_fs", "/sys/fs/bpf"],
        ["cgroup", "cgroup2fs", "/sys/fs/cgroup"],
      ].filter(([name = "", type]) => one(facts, name) !== type);
      return wrong.length === 0
        ? pass("both")
        : fail(
            `not mounted: ${wrong.map(([, , place]) => place).join(", ")}`,
            "run `platform up`, which mounts them",
          );
    },
  },
  {
    id: "node.boot-unit",
    group: "nodes",
    title: "the boot unit restores the programs",
    judge: (facts) => {
      if (!facts.has("bpf-as-root")) return notRun("no program is on this node");
      return one(facts, "boot-unit") === "enabled"
        ? pass("enabled")
        : fail(
            `ebpf-platform-bpf.service is ${one(facts, "boot-unit") ?? "absent"}`,
            "run `platform up`, which enables it",
          );
    },
  },
  {
    id: "node.sysctls",
    group: "nodes",
    title: "the kernel's settings are those of the guide",
    judge: (facts, { driver }) => {
      const values = Object.keys(LEAST).map((key) => [key, one(facts, `sysctl ${key}`)] as const);
      const missing = values.filter(([, value]) => value === undefined).map(([key]) => key);
      if (missing.length > 0)
        return driver === "nspawn"
          ? notRun(`${missing.join(", ")}: settings of the host, which a container does not see`)
          : unread(missing.join(", "));
      const low = values.filter(([key, value]) => Number(value) < (LEAST[key] ?? 0));
      if (low.length === 0) return pass(values.map(([key, value]) => `${key}=${value ?? ""}`).join(" "));
      const said = low.map(([key, value]) => `${key} is ${value ?? ""}, least ${String(LEAST[key])}`);
      return driver === "nspawn"
        ? notRun(`${said.join(", ")}: a container shares its host's kernel and cannot set it`)
        : fail(said.join(", "), "run `platform up`, which prepares the node");
    },
  },
  {
    id: "security.login",
    group: "security",
    title: "sshd takes keys only",
    judge: (facts) => {
      if (!facts.has("sshd passwordauthentication")) return unread("sshd -T");
      const open = (
        [
          ["passwordauthentication", ["no"]],
          ["kbdinteractiveauthentication", ["no"]],
          ["permitemptypasswords", ["no"]],
          ["permitrootlogin", ["no", "without-password", "prohibit-password", "forced-commands-only"]],
        ] as const
      ).filter(([key, allowed]) => {
        const value = one(facts, `sshd ${key}`);
        return value !== undefined && !(allowed as readonly string[]).includes(value);
      });
      return open.length === 0
        ? pass("no password is accepted")
        : fail(
            open.map(([key]) => `${key} ${one(facts, `sshd ${key}`) ?? ""}`).join(", "),
            "set them in sshd_config.d and reload sshd",
          );
    },
  },
  {
    id: "security.secret-files",
    group: "security",
    title: "keys, tokens and kubeconfigs are readable by their owner only",
    judge: (facts) => {
      if (!facts.has("secrets-searched")) return unread("the folders");
      const files = facts.get("open-secret") ?? [];
      return files.length === 0
        ? pass("none is open")
        : fail(`others may read ${files.join(", ")}`, "chmod 600 them, then rotate what they hold");
    },
  },
  {
    id: "threat.kernel.unprivileged-bpf",
    group: "security",
    title: "a process without privileges loads no BPF program (T1068)",
    judge: (facts) => {
      const [root, nobody] = [one(facts, "bpf-as-root"), one(facts, "bpf-as-nobody")];
      if (root === undefined || nobody === undefined)
        return notRun("no program is on this node, so no loader that could try");
      if (Number(root) === 0) return notRun("not even root can load a program here");
      return Number(nobody) === 0
        ? pass(`root loads ${root} types, nobody 0`)
        : fail(
            `nobody loads ${nobody} types of programs`,
            "set kernel.unprivileged_bpf_disabled=1 (docs/node-preparation.md)",
          );
    },
  },
  {
    id: "node.kube-proxy",
    group: "cluster",
    title: "no kube-proxy runs beside Cilium's replacement",
    judge: (facts) => {
      if (!facts.has("k3s-config")) return notRun("no k3s is on this node");
      return one(facts, "kube-proxy") === "absent"
        ? pass("absent")
        : fail("kube-proxy runs", "set disable-kube-proxy and restart k3s");
    },
  },
];
