import { createHash } from "node:crypto";
import { addressBytes } from "../address-bytes";
import type { Architecture } from "./images";
import { element, renderXml, type Element } from "./xml";

/** A virtual machine as libvirt is told of it. */
export interface DomainSpec {
  /** Unique on the hypervisor. */
  readonly domain: string;
  readonly title: string;
  readonly architecture: Architecture;
  readonly accel: "kvm" | "tcg";
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Paths on the hypervisor. */
  readonly disk: string;
  readonly seed: string;
  readonly consoleLog: string;
  /** libvirt network, or an existing bridge of the host. */
  readonly network: { readonly network: string } | { readonly bridge: string };
  readonly mac: string;
  readonly boot?:
    { readonly kernel: string; readonly initrd: string; readonly arguments: string } | undefined;
}

/** The name that udev gives the card of `domainXml`: bus 1, slot 0 (systemd.net-naming-scheme(7)). */
export const VM_INTERFACE = "enp1s0";

/**
 * The domain (libvirt.org/formatdomain.html). The seed is a virtio disk and no CD drive, because Debian's cloud kernel has
 * no driver for the drives of a q35 machine. The card's address is fixed, so that its name in the machine is.
 */
export function domainXml(spec: DomainSpec): string {
  const { accel, architecture, boot } = spec;
  const root = element("domain", { type: accel === "kvm" ? "kvm" : "qemu" }, [
    element("name", {}, spec.domain),
    element("uuid", {}, domainUuid(spec.domain)),
    element("title", {}, spec.title),
    element("memory", { unit: "MiB" }, String(spec.memoryMiB)),
    element("vcpu", { placement: "static" }, String(spec.cpu)),
    element("os", architecture === "aarch64" && !boot ? { firmware: "efi" } : {}, [
      element("type", { arch: architecture, machine: architecture === "aarch64" ? "virt" : "q35" }, "hvm"),
      boot && element("kernel", {}, boot.kernel),
      boot && element("initrd", {}, boot.initrd),
      boot && element("cmdline", {}, boot.arguments),
    ]),
    element("features", {}, [element("acpi"), architecture === "x86_64" ? element("apic") : undefined]),
    element("cpu", { mode: accel === "kvm" ? "host-passthrough" : "maximum" }),
    element("clock", { offset: "utc" }),
    element("on_poweroff", {}, "destroy"),
    element("on_reboot", {}, "restart"),
    element("on_crash", {}, "restart"),
    element("devices", {}, devices(spec)),
  ]);
  return renderXml(root);
}

function devices({ disk, seed, network, mac, consoleLog }: DomainSpec): Element[] {
  const bridged = "bridge" in network;
  return [
    element("disk", { type: "file", device: "disk" }, [
      element("driver", { name: "qemu", type: "qcow2", discard: "unmap" }),
      element("source", { file: disk }),
      element("target", { dev: "vda", bus: "virtio" }),
    ]),
    element("disk", { type: "file", device: "disk" }, [
      element("driver", { name: "qemu", type: "raw" }),
      element("source", { file: seed }),
      element("target", { dev: "vdb", bus: "virtio" }),
      element("readonly"),
    ]),
    element("interface", { type: bridged ? "bridge" : "network" }, [
      element("source", bridged ? { bridge: network.bridge } : { network: network.network }),
      element("mac", { address: mac }),
      element("model", { type: "virtio" }),
      element("address", { type: "pci", domain: "0x0000", bus: "0x01", slot: "0x00", function: "0x0" }),
    ]),
    element("serial", { type: "pty" }, [
      element("log", { file: consoleLog, append: "on" }),
      element("target", { port: 0 }),
    ]),
    element("console", { type: "pty" }, [element("target", { type: "serial", port: 0 })]),
    element("rng", { model: "virtio" }, [element("backend", { model: "random" }, "/dev/urandom")]),
  ];
}

/** The same for the same domain, so that a machine that is made anew is found again by who watches it. */
export function domainUuid(domain: string): string {
  const bytes = createHash("sha256").update(`ebpf-platform domain ${domain}`).digest().subarray(0, 16);
  // Version 8 (RFC 9562, 5.8): a hash of our own.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The MAC address of a virtual machine: QEMU's own prefix and the end of its IPv4 address, unique in a network up to /8. */
export function vmMac(address: string): string {
  const hex = [...addressBytes(address)].slice(1).map((byte) => byte.toString(16).padStart(2, "0"));
  return ["52", "54", "00", ...hex].join(":");
}
