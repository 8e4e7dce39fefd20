import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { z } from "zod";
import type { BridgedType } from "../provider/bridged";
import { opensshForms } from "./openssh-key";

const ALGORITHMS = ["RSA", "ECDSA", "ED25519"];
const CURVES: Record<string, string> = {
  P224: "secp224r1",
  P256: "prime256v1",
  P384: "secp384r1",
  P521: "secp521r1",
};

const inputSchema = z.object({ algorithm: z.string(), ecdsaCurve: z.string(), rsaBits: z.number() });

export const privateKey: BridgedType = {
  inputs: {
    algorithm: { type: "string" },
    ecdsaCurve: { type: "string", default: "P224" },
    rsaBits: { type: "number", default: 2048 },
  },
  makes: {
    privateKeyOpenssh: { secret: true },
    privateKeyPem: { secret: true },
    privateKeyPemPkcs8: { secret: true },
    publicKeyFingerprintMd5: {},
    publicKeyFingerprintSha256: {},
    publicKeyOpenssh: {},
    publicKeyPem: {},
  },
  namesWhatItMakes: true,
  problems: ({ algorithm, ecdsaCurve }) => [
    ...notOneOf("algorithm", "algorithm", algorithm, ALGORITHMS),
    ...notOneOf("ecdsaCurve", "ecdsa_curve", ecdsaCurve, Object.keys(CURVES)),
  ],
  make(values) {
    const key = generate(inputSchema.parse(values));
    const publicKey = createPublicKey(key);
    const id = stateHash(publicKey.export({ type: "spki", format: "der" }));
    const outputs = {
      id,
      privateKeyPem: String(key.export({ type: pemType(key), format: "pem" })),
      privateKeyPemPkcs8: String(key.export({ type: "pkcs8", format: "pem" })),
      publicKeyPem: String(publicKey.export({ type: "spki", format: "pem" })),
      ...opensshForms(key),
    };
    return Promise.resolve({ id, outputs });
  },
};

function generate({ algorithm, ecdsaCurve, rsaBits }: z.infer<typeof inputSchema>): KeyObject {
  if (algorithm === "ED25519") return generateKeyPairSync("ed25519").privateKey;
  if (algorithm === "ECDSA") {
    return generateKeyPairSync("ec", { namedCurve: CURVES[ecdsaCurve] ?? "" }).privateKey;
  }
  if (rsaBits < 1024) {
    const problem = `crypto/rsa: ${String(rsaBits)}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)`;
    throw new Error(`Unable to generate Key from configuration: ${problem}`);
  }
  return generateKeyPairSync("rsa", { modulusLength: rsaBits }).privateKey;
}

function pemType(key: KeyObject): "pkcs1" | "sec1" | "pkcs8" {
  if (key.asymmetricKeyType === "rsa") return "pkcs1";
  return key.asymmetricKeyType === "ec" ? "sec1" : "pkcs8";
}

/** The ids of the official provider: SHA-1 in hexadecimal, without white space at the ends of the content. */
export function stateHash(content: Uint8Array): string {
  const text = Buffer.from(content)
    .toString("latin1")
    .replace(/^[\t-\r ]+|[\t-\r ]+$/g, "");
  return createHash("sha1").update(Buffer.from(text, "latin1")).digest("hex");
}

/** The problem that the official provider reports for a value outside a list. */
export function notOneOf(
  input: string,
  attribute: string,
  value: unknown,
  allowed: string[],
): [string, string, string][] {
  if (typeof value !== "string" || allowed.includes(value)) return [];
  const list = allowed.map((item) => `"${item}"`).join(" ");
  const detail = `Attribute ${attribute} value must be one of: [${list}], got: "${value}"`;
  return [[input, "Invalid Attribute Value Match", detail]];
}
