import { createHash } from "node:crypto";
import { yamlFlow } from "./yaml-flow";

/** What a machine is told at its first boot. */
export interface CloudInitSpec {
  readonly stack: string;
  readonly name: string;
  /** Login; `root`, or a user who may become root without a password. */
  readonly user: string;
  /** Public key of the client, one line. */
  readonly authorizedKey: string;
  /** The host's ed25519 key in OpenSSH format. Secret. */
  readonly hostKey: string;
  readonly hostKeyPublic: string;
  readonly network: CloudInitNetwork;
  readonly packages: readonly string[];
  /**
   * How the card gets its address: from the seed's network config, or, on Multipass, which makes the seed itself and keeps a
   * first card and the image's own login for its purposes, from a file for netplan.
   */
  readonly networkBy?: "seed" | "netplan";
}

/** The card and its fixed address. */
export interface CloudInitNetwork {
  readonly mac: string;
  /** The name the card gets. */
  readonly interface: string;
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string;
  readonly nameServers: readonly string[];
}

/** The three files of a NoCloud seed (docs.cloud-init.io, NoCloud), volume label `cidata`. */
export interface Seed {
  /** Secret: it holds the host's private key. */
  readonly userData: string;
  readonly metaData: string;
  readonly networkConfig: string;
}

export function seed(spec: CloudInitSpec): Seed {
  return { userData: userData(spec), metaData: metaData(spec), networkConfig: networkConfig(spec.network) };
}

/** No password is ever set; the one host key is ours, and cloud-init makes no others beside it. */
export function userData({
  name,
  user,
  authorizedKey,
  hostKey,
  hostKeyPublic,
  packages,
  network,
  networkBy = "seed",
}: CloudInitSpec): string {
  const keys = { lock_passwd: true, ssh_authorized_keys: [authorizedKey] };
  const login =
    user === "root"
      ? { name: user, ...keys }
      : { name: user, shell: "/bin/bash", sudo: "ALL=(ALL) NOPASSWD:ALL", ...keys };
  return `#cloud-config\n${yamlFlow({
    hostname: name,
    preserve_hostname: false,
    manage_etc_hosts: true,
    ssh_pwauth: false,
    disable_root: user !== "root",
    users: networkBy === "seed" ? [login] : ["default", login],
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: `${hostKey.trimEnd()}\n`, ed25519_public: `${hostKeyPublic.trim()}\n` },
    // Both run at every boot: a disk that has grown is used to its end.
    growpart: { mode: "auto", devices: ["/"] },
    resize_rootfs: true,
    ...(networkBy === "netplan" && { write_files: [netplan(network)], runcmd: [["netplan", "apply"]] }),
    ...(packages.length > 0 && { package_update: true, packages: [...packages] }),
  })}\n`;
}

/**
 * Another instance id makes cloud-init do everything again at the next boot: it changes with what must reach a machine that
 * exists (login, keys, address), and not with what is only meant for a new one.
 */
export function metaData(spec: CloudInitSpec): string {
  return `${yamlFlow({ "instance-id": instanceId(spec), "local-hostname": spec.name })}\n`;
}

export function instanceId({
  stack,
  name,
  user,
  authorizedKey,
  hostKeyPublic,
  network,
}: CloudInitSpec): string {
  const lasting = JSON.stringify([stack, name, user, authorizedKey.trim(), hostKeyPublic.trim(), network]);
  return `ebp-${name}-${createHash("sha256").update(lasting).digest("hex").slice(0, 16)}`;
}

/** Version 2 (netplan's), which every renderer of cloud-init takes. */
export function networkConfig(network: CloudInitNetwork): string {
  const { mac, address, prefix, gateway } = network;
  return `${yamlFlow({
    version: 2,
    ethernets: {
      [network.interface]: {
        match: { macaddress: mac },
        "set-name": network.interface,
        dhcp4: false,
        dhcp6: false,
        addresses: [`${address}/${String(prefix)}`],
        routes: [{ to: "0.0.0.0/0", via: gateway }],
        ...(network.nameServers.length > 0 && { nameservers: { addresses: [...network.nameServers] } }),
      },
    },
  })}\n`;
}

/** A second card: its address, and no route, which the first one has. */
function netplan({ mac, address, prefix }: CloudInitNetwork): Record<string, string> {
  const card = { match: { macaddress: mac }, dhcp4: false, addresses: [`${address}/${String(prefix)}`] };
  const content = yamlFlow({ network: { version: 2, ethernets: { platform: card } } });
  return { path: "/etc/netplan/60-ebpf-platform.yaml", permissions: "0600", content: `${content}\n` };
}
