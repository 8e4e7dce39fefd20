import type { Distribution } from "./build-packages";
import type { OptionValue } from "./kernel-options";

/** What a node is found to be, read by components/node/scripts/preparation-facts.sh. */
export interface PreparationFacts {
  /** Release of the kernel, for instance `6.1.0-28-amd64`. */
  readonly kernel: string;
  readonly distribution: Distribution;
  /** `none`, or what systemd-detect-virt calls the container. */
  readonly container: string;
  /** Another value after each boot. */
  readonly boot: string;
  /** By sysctl; a name that the node does not have is left out. */
  readonly sysctls: Readonly<Record<string, SysctlFact>>;
  /** SHA-256 of the drop-in; empty where there is none. */
  readonly dropIn: string;
  /** How often a file system of the kind is mounted at the place. */
  readonly bpffs: number;
  readonly cgroup2: number;
  readonly btf: boolean;
  /** Security modules in force; empty when the kernel does not tell. */
  readonly lsm: readonly string[];
  /** `bootline` where the boot loader is GRUB with drop-ins. */
  readonly grub: boolean;
  /** Where the kernel's configuration was read; empty where there is none. */
  readonly configSource: string;
  readonly options: Readonly<Record<string, OptionValue>>;
  /** The kernel has WireGuard, built in or as a module that can be loaded. */
  readonly wireguard: boolean;
  /** Of the packages that were asked about, those that are not installed. */
  readonly missingPackages: readonly string[];
}

export interface SysctlFact {
  readonly value: string;
  /** Root may write it here; not so in containers that share the setting with their host. */
  readonly writable: boolean;
}

/** The facts in the script's lines, `KIND WORD...`. Throws one sentence that names the node when one is missing. */
export function parseFacts(node: string, text: string): PreparationFacts {
  const lines = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" "));
  const all = (kind: string): string[][] =>
    lines.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  const one = (kind: string): string[] => {
    const [found] = all(kind);
    if (found) return found;
    throw new Error(`Node ${node} did not say its ${kind}; look at its shell's start-up files, then repeat.`);
  };
  const word = (kind: string): string => one(kind).join(" ");
  const options = all("option").map(([name = "", value = "n"]): [string, OptionValue] => [
    name,
    value === "y" || value === "m" ? value : "n",
  ]);
  return {
    kernel: word("kernel"),
    distribution: { id: one("os")[0] ?? "", version: one("os")[1] ?? "" },
    container: word("container"),
    boot: word("boot"),
    sysctls: Object.fromEntries(
      all("sysctl").map(([name = "", access, ...value]): [string, SysctlFact] => [
        name,
        { value: value.join(" "), writable: access === "rw" },
      ]),
    ),
    dropIn: word("drop-in"),
    bpffs: Number(word("bpffs")),
    cgroup2: Number(word("cgroup2")),
    btf: word("btf") === "yes",
    lsm: word("lsm")
      .split(",")
      .filter((name) => name !== ""),
    grub: word("grub") === "yes",
    configSource: word("config"),
    options: Object.fromEntries(options),
    wireguard: word("wireguard") === "yes",
    missingPackages: all("missing").map(([name = ""]) => name),
  };
}
