import { gzipSync } from "node:zlib";
import { scriptText } from "./script-text";

/** One nspawn machine as the driver's script reads it (scripts/nspawn-spec.sh). */
export interface NspawnSpec {
  readonly stack: string;
  readonly name: string;
  readonly address: string;
  /** Prefix length of the node network. */
  readonly prefix: number;
  /** The bridge's own address. */
  readonly gateway: string;
  readonly bridge: string;
  /** Debian packages of the tree below the machine. */
  readonly packages: readonly string[];
  /** Public key of the client, one line. */
  readonly authorizedKey: string;
  /** Private key of the host in OpenSSH format. Secret. */
  readonly hostKey: string;
  readonly hostKeyPublic: string;
}

/**
 * What every node has: systemd with sshd; ip, ethtool and bpftool for the data path; curl as a client, nginx and python3
 * (raw sockets) as servers and packet sources; iptables as what XDP is measured against; tcpdump to see packets.
 */
export const NODE_PACKAGES: readonly string[] = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "openssh-server",
  "iproute2",
  "ethtool",
  "bpftool",
  "procps",
  "kmod",
  "curl",
  "nginx-light",
  "python3",
  "iptables",
  "tcpdump",
];

/** The text that bash runs with the verb as its argument; it takes the driver's script from standard input. */
export function driverEntry(): string {
  return scriptText("components/node/scripts/nspawn-entry.sh")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .join("\n");
}

/** Standard input of the driver: its script, then the machine. Secret, because it holds the host's private key. */
export function driverInput(spec: NspawnSpec): string {
  const lines = [
    `stack=${spec.stack}`,
    `name=${spec.name}`,
    `address=${spec.address}`,
    `prefix=${spec.prefix}`,
    `gateway=${spec.gateway}`,
    `bridge=${spec.bridge}`,
    `packages=${spec.packages.join(" ")}`,
    // The program on the host's end of the machine's veth, as source.
    `receiver=${base64Line(scriptText("bpf/xdp_pass.bpf.c"))}`,
    `authorizedKey=${base64Line(spec.authorizedKey)}`,
    `hostKey=${base64Line(spec.hostKey)}`,
    `hostKeyPublic=${base64Line(spec.hostKeyPublic)}`,
  ];
  return [driverScript(), ...lines, ""].join("\n");
}

/** The driver's script with its parts as the one line that `driverEntry` takes. */
export function driverScript(): string {
  return gzipSync(scriptText("components/node/scripts/nspawn.sh"), { level: 9 }).toString("base64");
}

/** What `up` answers. */
export interface MachineFacts {
  readonly name: string;
  readonly address: string;
  /** Drawn when the machine was made. */
  readonly instance: string;
}

/** Reads the driver's answer. Throws one sentence when it is none. */
export function machineFacts(text: string, node: string): MachineFacts {
  const match = /^\{"name":"([^"]+)","address":"([^"]+)","instance":"([0-9a-f-]+)"\}$/.exec(text.trim());
  const [, name, address, instance] = match ?? [];
  if (name === undefined || address === undefined || instance === undefined) {
    throw new Error(`The nspawn driver gave no answer for node ${node}; delete the machine and repeat.`);
  }
  return { name, address, instance };
}

/** A key file's text (with its last line end, which sshd wants) on one line. */
function base64Line(text: string): string {
  return Buffer.from(`${text.trimEnd()}\n`).toString("base64");
}
