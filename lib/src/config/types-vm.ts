import type { ConnectionConfig, NodeBase, Profile } from "./types";

/** A virtual machine of a hypervisor with libvirt, or of Multipass on this machine. */
export interface VmNodeConfig extends NodeBase {
  readonly driver: "libvirt" | "multipass";
  /** Sizes where none are given: `standard` by role (server 4 CPU, 8192 MiB, 20 GiB; others 4, 16384, 40) or `small` (2, 2048, 10; 2, 4096, 20). Default `standard`. */
  readonly profile: Profile;
  /** Virtual CPUs. Default by profile and role. */
  readonly cpu: number;
  /** Memory in MiB. Default by profile and role. */
  readonly memoryMiB: number;
  /** Size of the root disk in GiB; it can grow and never shrink. Default by profile and role. */
  readonly diskGiB: number;
  /** What its disk begins as. Default `debian-12`. */
  readonly image: ImageName | ImageConfig;
  /** Packages that cloud-init installs at the first boot, by the distribution's names. Default none. */
  readonly packages: readonly string[];
  /** Whether it starts with its host. Default true. */
  readonly autostart: boolean;
}

export const IMAGE_NAMES = ["debian-12", "debian-13", "ubuntu-24.04"] as const;
/** Images by name; where they come from is data in lib/src/vm/images.ts. */
export type ImageName = (typeof IMAGE_NAMES)[number];

/** A disk image of one's own, raw or qcow2 (told by its content), with exactly one source and one digest. */
export interface ImageConfig {
  /** `https://…`; fetched once by the hypervisor. */
  readonly url?: string;
  /** Absolute path on the hypervisor. */
  readonly path?: string;
  /** 64 lower-case hex digits. */
  readonly sha256?: string;
  /** 128 lower-case hex digits, for publishers that give no SHA-256. */
  readonly sha512?: string;
  /** How an image without a boot loader starts. Default: its own boot loader. */
  readonly boot?: DirectBootConfig;
}

/** A kernel that the hypervisor starts itself. */
export interface DirectBootConfig {
  /** Absolute path on the hypervisor. */
  readonly kernel: string;
  readonly kernelSha256: string;
  /** Absolute path on the hypervisor. */
  readonly initrd: string;
  readonly initrdSha256: string;
  /** Kernel arguments, for instance `root=/dev/vda console=ttyS0`. */
  readonly arguments: string;
}

export const ACCELERATIONS = ["auto", "kvm", "tcg"] as const;
/** `auto` proves KVM with a tiny guest and emulates where that fails, saying why. */
export type Acceleration = (typeof ACCELERATIONS)[number];

export const VM_NETWORKS = ["nat", "route", "open", "isolated", "bridge"] as const;
/** How machines reach the world: the network modes of libvirt; `bridge` takes a bridge that is there and stays. */
export type VmNetwork = (typeof VM_NETWORKS)[number];

export const REACHES = ["direct", "hypervisor", "jump"] as const;
/** How the engine reaches the machines: by their addresses, through the hypervisor, or through its jump host. */
export type Reach = (typeof REACHES)[number];

/** Where machines with driver libvirt run. */
export interface HypervisorConfig {
  /** Absent: this machine. */
  readonly connection?: ConnectionConfig;
  /** The libvirt daemon, as `virsh --connect` takes it. Default `qemu:///system`. */
  readonly uri: string;
  /** Where disks lie, a folder a stack. Default `/var/lib/ebpf-platform/vm`. */
  readonly folder: string;
  /** Default `auto`. */
  readonly accel: Acceleration;
  /** Default `nat`. */
  readonly network: VmNetwork;
  /** Name servers of the machines. Default: the libvirt network's own, where it is `nat` or `route`. */
  readonly dns: readonly string[];
  /** Default `direct` on this machine, else `hypervisor`. */
  readonly reach: Reach;
}
