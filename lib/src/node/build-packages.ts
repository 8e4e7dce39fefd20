/** A node's distribution, as /etc/os-release names it: ID and VERSION_ID. */
export interface Distribution {
  /** For instance `debian`. */
  readonly id: string;
  /** For instance `12`. */
  readonly version: string;
}

interface Toolchain {
  /** Compiler, archiver of objects, libbpf with its headers, libelf and zlib, by the distribution's names. */
  readonly packages: readonly string[];
  /** bpftool; a package may be one of the running kernel's. */
  readonly bpftool: (kernel: string) => readonly string[];
}

const debian: Toolchain = {
  packages: ["clang", "llvm", "libbpf-dev", "libelf-dev", "zlib1g-dev"],
  bpftool: () => ["bpftool"],
};

/** By `ID VERSION_ID`. Ubuntu 24.04 has bpftool in its kernel's tools: linux-tools-common holds only a wrapper. */
const toolchains: Readonly<Record<string, Toolchain>> = {
  "debian 12": debian,
  "debian 13": debian,
  "ubuntu 24.04": { ...debian, bpftool: (kernel) => ["linux-tools-common", `linux-tools-${kernel}`] },
};

/** The distributions whose package names are known, for messages. */
export const KNOWN_DISTRIBUTIONS: readonly string[] = Object.keys(toolchains);

/**
 * What a node that builds BPF objects itself needs; undefined for a distribution that is not in the table. The
 * kernel's headers are only asked for where it has no BTF, from which the build makes vmlinux.h.
 */
export function buildPackages(
  { id, version }: Distribution,
  { kernel, btf }: { readonly kernel: string; readonly btf: boolean },
): string[] | undefined {
  const toolchain = toolchains[`${id} ${version}`];
  if (toolchain === undefined) return undefined;
  return [...toolchain.packages, ...toolchain.bpftool(kernel), ...(btf ? [] : [`linux-headers-${kernel}`])];
}
