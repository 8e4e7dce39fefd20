import assert from "node:assert/strict";
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import * as tls from "@pulumi/tls";
import { utils } from "ssh2";
import type { ContractCase } from "./case.js";

const SECRETS = ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"];
const CLEAR = [
  "publicKeyPem",
  "publicKeyOpenssh",
  "publicKeyFingerprintMd5",
  "publicKeyFingerprintSha256",
  "algorithm",
];

/** All that a new key brings; the diff of a replacement names it too. */
const MADE = [...SECRETS, ...CLEAR.filter((name) => name !== "algorithm"), "id"];

/** All forms of one key must be the same key; `opensshType` is left out for a curve that OpenSSH has not. */
function sameKey(label: string, opensshType: string | undefined) {
  let publicPem = "";
  const isPrivate = (wanted: string) => (value: unknown) => {
    assert.ok(String(value).startsWith(`-----BEGIN ${wanted}-----\n`), String(value).slice(0, 40));
    const text = createPublicKey(createPrivateKey(String(value))).export({ type: "spki", format: "pem" });
    assert.equal(String(text), publicPem);
  };
  return {
    publicKeyPem: (value: unknown) => {
      publicPem = String(value);
      assert.match(publicPem, /^-----BEGIN PUBLIC KEY-----\n[^]+\n-----END PUBLIC KEY-----\n$/);
    },
    privateKeyPem: isPrivate(label),
    privateKeyPemPkcs8: isPrivate("PRIVATE KEY"),
    privateKeyOpenssh: (value: unknown) => {
      if (opensshType === undefined) assert.equal(value, "");
      else assert.equal(openssh(String(value)).getPublicPEM().trim(), publicPem.trim());
    },
    publicKeyOpenssh: (value: unknown) => {
      if (opensshType === undefined) assert.equal(value, "");
      else assert.match(String(value), new RegExp(`^${opensshType} [A-Za-z0-9+/=]+\n$`));
    },
    publicKeyFingerprintSha256: opensshType === undefined ? "" : /^SHA256:[A-Za-z0-9+/]{43}$/,
    publicKeyFingerprintMd5: opensshType === undefined ? "" : /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/,
    id: (value: unknown) => {
      const der = createPublicKey(publicPem).export({ type: "spki", format: "der" });
      // White space at the end of the key is left out; one key in forty has some.
      const trimmed = Buffer.from(der.toString("latin1").replace(/[\t-\r ]+$/, ""), "latin1");
      assert.equal(value, createHash("sha1").update(trimmed).digest("hex"));
    },
  };
}

function openssh(text: string) {
  const parsed = utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  return parsed;
}

const key = (name: string, args: tls.PrivateKeyArgs) => new tls.PrivateKey(name, args);

export const tlsKeyCases: ContractCase[] = [
  {
    name: "ed25519 key",
    rounds: [
      {
        make: (name) => key(name, { algorithm: "ED25519" }),
        operation: "create",
        outputs: { ...sameKey("PRIVATE KEY", "ssh-ed25519"), rsaBits: 2048, ecdsaCurve: "P224" },
        secret: SECRETS,
        clear: CLEAR,
        known: ["algorithm", "rsaBits", "ecdsaCurve"],
        unknown: [...SECRETS, "publicKeyOpenssh", "publicKeyPem", "id"],
      },
      {
        make: (name) => key(name, { algorithm: "ED25519", rsaBits: 2048 }),
        operation: "same",
      },
      {
        make: (name) => key(name, { algorithm: "ECDSA", ecdsaCurve: "P521" }),
        operation: "replace",
        changed: ["algorithm", "ecdsaCurve", ...MADE],
        outputs: sameKey("EC PRIVATE KEY", "ecdsa-sha2-nistp521"),
      },
    ],
  },
  {
    name: "rsa key",
    rounds: [
      {
        make: (name) => key(name, { algorithm: "RSA" }),
        outputs: sameKey("RSA PRIVATE KEY", "ssh-rsa"),
        secret: SECRETS,
      },
    ],
  },
  {
    name: "ecdsa key",
    rounds: [
      {
        make: (name) => key(name, { algorithm: "ECDSA", ecdsaCurve: "P256" }),
        outputs: sameKey("EC PRIVATE KEY", "ecdsa-sha2-nistp256"),
      },
      {
        make: (name) => key(name, { algorithm: "ECDSA" }),
        operation: "replace",
        changed: ["ecdsaCurve", ...MADE],
        outputs: sameKey("EC PRIVATE KEY", undefined),
      },
    ],
  },
];

export const tlsKeyFailures: ContractCase[] = [
  {
    name: "rsa key that is too short",
    rounds: [
      {
        make: (name) => new tls.PrivateKey(name, { algorithm: "RSA", rsaBits: 512 }),
        error: "crypto/rsa: 512-bit keys are insecure",
      },
    ],
  },
];
