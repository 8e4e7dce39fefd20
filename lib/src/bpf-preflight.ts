/** What a node's kernel can do for BPF, as the loader's verb `probe` finds it. */
export interface KernelAbilities {
  /** Release, for instance `6.1.0-28-amd64`. */
  readonly kernel: string;
  readonly btf: boolean;
  readonly bpffs: boolean;
  readonly tracefs: boolean;
  /** The security modules in force, comma separated; null when the kernel does not tell. */
  readonly lsm: string | null;
  /** By hook: whether an empty program of its kind loads, and the kernel's reason when not. */
  readonly programs: Readonly<Record<string, HookAbility>>;
  /** Why nothing can be attached to the one target that the probe was asked about. */
  readonly targetReason?: string | null | undefined;
}

export interface HookAbility {
  readonly loads: boolean;
  readonly reason?: string | undefined;
  /** Whether the kernel has the hook itself: a kernel without kprobes still loads programs for them. */
  readonly attaches: boolean;
  readonly attachReason?: string | undefined;
}

/** What is asked of a node, and the config key that asks. */
export interface AskedProgram {
  /** For instance `bpf.programs[conntrack]`. */
  readonly key: string;
  readonly hook: string;
}

/** One sentence for each thing that a kernel cannot do and a config key asks for; empty when all can run. */
export function preflight(
  node: string,
  abilities: KernelAbilities,
  asked: readonly AskedProgram[],
): string[] {
  return asked.flatMap((program) =>
    faults(abilities, program).map((fault) => sentence(node, abilities, program, fault)),
  );
}

/** Ways out that the node's preparation names too. */
export const remedies = {
  /** @param lsm the security modules in force, comma separated. */
  lsm: (lsm: string): string => `boot it with lsm=${lsm},bpf`,
};

interface Fault {
  readonly lacks: string;
  readonly remedy: string;
}

function sentence(node: string, { kernel }: KernelAbilities, { key }: AskedProgram, fault: Fault): string {
  return `Node ${node} (kernel ${kernel}) cannot run what the key ${key} asks for: ${fault.lacks}; ${fault.remedy}.`;
}

function faults(abilities: KernelAbilities, { hook }: AskedProgram): Fault[] {
  const found: Fault[] = [];
  if (!abilities.btf) {
    found.push({
      lacks: "it has no BTF at /sys/kernel/btf/vmlinux, without which CO-RE objects cannot be loaded",
      remedy: "use a kernel with CONFIG_DEBUG_INFO_BTF=y (Debian 12, Ubuntu 22.04 and later have it)",
    });
  }
  if (!abilities.bpffs) {
    found.push({
      lacks: "no bpffs is mounted at /sys/fs/bpf",
      remedy: "enable sys-fs-bpf.mount there, or run 'mount -t bpf bpf /sys/fs/bpf'",
    });
  }
  const kind = abilities.programs[hook];
  // LSM programs load on every kernel that knows them, and are never called unless `bpf` is in the list.
  if (hook === "lsm" && abilities.lsm !== null && !abilities.lsm.split(",").includes("bpf")) {
    found.push({
      lacks: `its security modules are ${abilities.lsm}, without bpf`,
      remedy: remedies.lsm(abilities.lsm),
    });
  } else if (kind?.loads === false) {
    found.push({
      lacks: `it refuses programs of the kind ${hook} (${kind.reason ?? "no reason given"})`,
      remedy: "use another node, or take the program out of the config",
    });
  }
  const attach = kind?.loads === false ? undefined : attachFault(hook, abilities);
  if (attach) found.push(attach);
  return found;
}

/** What keeps a program that loads from being attached: the hook, or the one target. */
function attachFault(hook: string, { tracefs, programs, targetReason }: KernelAbilities): Fault | undefined {
  const kind = programs[hook];
  if (hook === "tracepoint" && !tracefs) {
    return {
      lacks: "no tracefs is mounted at /sys/kernel/tracing",
      remedy: "mount it (systemctl start sys-kernel-tracing.mount), or use the hook raw_tp, which needs none",
    };
  }
  if (kind?.attaches === false) {
    return {
      lacks: `${kind.attachReason ?? "no reason given"}, so nothing can be attached to the hook ${hook}`,
      remedy: "use another node, or take the program out of the config",
    };
  }
  if (typeof targetReason === "string") {
    return { lacks: targetReason, remedy: "correct attach.target, or use another node" };
  }
  return undefined;
}
