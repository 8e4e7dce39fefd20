import { createHash, randomBytes, type JsonWebKey, type KeyObject } from "node:crypto";

/** Keys in OpenSSH's formats (RFC 4253, RFC 5656, RFC 8709; PROTOCOL.key of OpenSSH); P-224 has none. */
export interface OpensshForms {
  privateKeyOpenssh: string;
  publicKeyOpenssh: string;
  publicKeyFingerprintMd5: string;
  publicKeyFingerprintSha256: string;
}

interface SshKey {
  type: string;
  /** The public key as it travels. */
  blob: Buffer;
  /** What the private key file holds after the type. */
  secret: Buffer[];
}

export function opensshForms(key: KeyObject): OpensshForms {
  const ssh = sshKey(key);
  if (!ssh) {
    return {
      privateKeyOpenssh: "",
      publicKeyOpenssh: "",
      publicKeyFingerprintMd5: "",
      publicKeyFingerprintSha256: "",
    };
  }
  const md5 = createHash("md5").update(ssh.blob).digest("hex");
  const sha256 = createHash("sha256").update(ssh.blob).digest("base64");
  return {
    privateKeyOpenssh: privateKeyFile(ssh),
    publicKeyOpenssh: `${ssh.type} ${ssh.blob.toString("base64")}\n`,
    publicKeyFingerprintMd5: (md5.match(/../g) ?? []).join(":"),
    publicKeyFingerprintSha256: `SHA256:${sha256.replace(/=+$/, "")}`,
  };
}

const CURVES: Record<string, string> = {
  prime256v1: "nistp256",
  secp384r1: "nistp384",
  secp521r1: "nistp521",
};

function sshKey(key: KeyObject): SshKey | undefined {
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (key.asymmetricKeyType === "ec" && curve === undefined) return undefined;
  const jwk = key.export({ format: "jwk" });
  if (key.asymmetricKeyType === "rsa") {
    const type = "ssh-rsa";
    const { n, e, d, qi, p, q } = {
      n: number(jwk, "n"),
      e: number(jwk, "e"),
      d: number(jwk, "d"),
      qi: number(jwk, "qi"),
      p: number(jwk, "p"),
      q: number(jwk, "q"),
    };
    return { type, blob: Buffer.concat([field(type), e, n]), secret: [n, e, d, qi, p, q] };
  }
  if (key.asymmetricKeyType === "ed25519") {
    const type = "ssh-ed25519";
    const publicKey = bytesOf(jwk, "x");
    const pair = field(Buffer.concat([bytesOf(jwk, "d"), publicKey]));
    return { type, blob: Buffer.concat([field(type), field(publicKey)]), secret: [field(publicKey), pair] };
  }
  const type = `ecdsa-sha2-${String(curve)}`;
  const point = field(Buffer.concat([Buffer.of(4), bytesOf(jwk, "x"), bytesOf(jwk, "y")]));
  const head = [field(String(curve)), point];
  return { type, blob: Buffer.concat([field(type), ...head]), secret: [...head, number(jwk, "d")] };
}

function privateKeyFile({ type, blob, secret }: SshKey): string {
  const check = randomBytes(4);
  const noComment = field("");
  const body = Buffer.concat([check, check, field(type), ...secret, noComment]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  const content = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"), // cipher
    field("none"), // key derivation
    field(""),
    Buffer.of(0, 0, 0, 1), // one key
    field(blob),
    field(Buffer.concat([body, padding])),
  ]);
  return pem("OPENSSH PRIVATE KEY", content);
}

/** A PEM block with lines of 64 characters (RFC 7468). */
export function pem(label: string, content: Uint8Array): string {
  const lines =
    Buffer.from(content)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A positive number: no leading zeros, but one where the highest bit would read as a sign. */
function number(jwk: JsonWebKey, name: keyof JsonWebKey): Buffer {
  let bytes = bytesOf(jwk, name);
  while (bytes.length > 0 && bytes[0] === 0) bytes = bytes.subarray(1);
  return field((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

function bytesOf(jwk: JsonWebKey, name: keyof JsonWebKey): Buffer {
  const value = jwk[name];
  if (typeof value !== "string") throw new Error(`the key has no part ${name}`);
  return Buffer.from(value, "base64url");
}
