import type { Profile, Role } from "./types";

/** CPUs, MiB of memory, GiB of disk. */
export interface VmSize {
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly diskGiB: number;
}

/** A control plane (`server`) and everything else (the data plane). `small` is for laptops: k3s asks for 2 CPU and 2 GiB on a server. */
const sizes: Record<Profile, { server: VmSize; other: VmSize }> = {
  standard: {
    server: { cpu: 4, memoryMiB: 8192, diskGiB: 20 },
    other: { cpu: 4, memoryMiB: 16_384, diskGiB: 40 },
  },
  small: {
    server: { cpu: 2, memoryMiB: 2048, diskGiB: 10 },
    other: { cpu: 2, memoryMiB: 4096, diskGiB: 20 },
  },
};

/** The size of a virtual machine: what is given, else what profile and role say. */
export function vmSize(profile: Profile, role: Role, given: Partial<VmSize>): VmSize {
  const size = sizes[profile][role === "server" ? "server" : "other"];
  return {
    cpu: given.cpu ?? size.cpu,
    memoryMiB: given.memoryMiB ?? size.memoryMiB,
    diskGiB: given.diskGiB ?? size.diskGiB,
  };
}
