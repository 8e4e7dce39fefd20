import { createHash } from "node:crypto";

/** How to reach a node by SSH. Secret as a whole; nothing in it is trusted on first use. */
export interface NodeConnection {
  /** Host name or address, as this machine (or the jump host) reaches it. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Private key in OpenSSH or PEM format. */
  readonly privateKey: string;
  /** The host's public key as one authorized_keys line, `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  /** Jump host, with its own credentials and its own pinned key. */
  readonly proxy?: NodeConnection | undefined;
}

/** Key types that both sshd and the command provider can use for a pin: pinned RSA keys never match a modern sshd. */
export const HOST_KEY_TYPES = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
] as const;
export type HostKeyType = (typeof HOST_KEY_TYPES)[number];

export interface HostKey {
  readonly type: HostKeyType;
  /** The key as it goes over the wire (RFC 4253, section 6.6). */
  readonly blob: Buffer;
}

/** Reads a host key line. Throws one sentence that names the node when it is no ed25519 or ECDSA public key. */
export function parseHostKey(line: string, node: string): HostKey {
  const [type = "", text = ""] = line.trim().split(/\s+/);
  const known = HOST_KEY_TYPES.find((candidate) => candidate === type);
  const blob = Buffer.from(text, "base64");
  const inner = blob.length >= 4 ? blob.toString("latin1", 4, 4 + blob.readUInt32BE(0)) : "";
  if (known === undefined || inner !== known) {
    const found =
      type === "ssh-rsa" ? "an RSA key, which no modern sshd can prove to the engine" : "no such key";
    throw new Error(
      `The host key of node ${node} must be a line like "ssh-ed25519 AAAA…" or "ecdsa-sha2-nistp256 AAAA…" and is ${found}; take it from /etc/ssh/ssh_host_ed25519_key.pub of the node.`,
    );
  }
  return { type: known, blob };
}

/** The fingerprint of a key as `ssh-keygen -lf` prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
