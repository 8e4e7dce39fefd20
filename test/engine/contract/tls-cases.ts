import assert from "node:assert/strict";
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { ComponentResource, secret, type Output } from "@pulumi/pulumi";
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

const keyCases: ContractCase[] = [
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

/** Keys for the certificates below, made once in each program. */
class Keys extends ComponentResource {
  readonly authority: Output<string>;
  readonly server: Output<string>;

  constructor(name: string) {
    super("contract:tls:Keys", name);
    const pem = (part: string) =>
      new tls.PrivateKey(`${name}-${part}`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, { parent: this })
        .privateKeyPem;
    this.authority = pem("authority");
    this.server = pem("server");
  }
}

const authorityArgs = {
  isCaCertificate: true,
  validityPeriodHours: 48,
  allowedUses: ["cert_signing", "crl_signing"],
  subject: { commonName: "Contract CA", organization: "Örtlich", country: "DE" },
  maxPathLength: 1,
};

function certificate(check: (certificate: X509Certificate) => void) {
  return (value: unknown) => {
    check(new X509Certificate(String(value)));
  };
}

const certificateCases: ContractCase[] = [
  {
    name: "authority",
    rounds: [
      {
        make: (name) =>
          new tls.SelfSignedCert(name, {
            privateKeyPem: new Keys(`${name}-keys`).authority,
            ...authorityArgs,
          }),
        operation: "create",
        outputs: {
          keyAlgorithm: "ECDSA",
          id: /^\d+$/,
          earlyRenewalHours: 0,
          readyForRenewal: false,
          setSubjectKeyId: false,
          setAuthorityKeyId: false,
          validityEndTime: /^\d{4}-\d\d-\d\dT/,
          certPem: certificate((found) => {
            assert.ok(found.ca);
            assert.ok(found.verify(found.publicKey));
            assert.equal(found.subject, "C=DE\nO=Örtlich\nCN=Contract CA");
            const hours = (Date.parse(found.validTo) - Date.parse(found.validFrom)) / 3_600_000;
            assert.equal(hours, 48);
          }),
        },
        secret: ["privateKeyPem"],
        clear: ["certPem", "subject"],
        known: ["isCaCertificate", "subject", "setSubjectKeyId"],
        unknown: ["certPem", "privateKeyPem", "keyAlgorithm", "validityEndTime"],
      },
      {
        // The time of the renewal is no part of the certificate.
        make: (name) =>
          new tls.SelfSignedCert(name, {
            privateKeyPem: new Keys(`${name}-keys`).authority,
            ...authorityArgs,
            earlyRenewalHours: 1,
          }),
        operation: "update",
        changed: ["earlyRenewalHours"],
        outputs: { earlyRenewalHours: 1, readyForRenewal: false },
      },
      {
        make: (name) =>
          new tls.SelfSignedCert(name, {
            privateKeyPem: new Keys(`${name}-keys`).authority,
            ...authorityArgs,
            subject: { commonName: "Other CA" },
            earlyRenewalHours: 1,
          }),
        operation: "replace",
        changed: ["subject"],
      },
    ],
  },
  {
    name: "signed certificate",
    rounds: [
      {
        make: (name) => {
          const keys = new Keys(`${name}-keys`);
          const authority = new tls.SelfSignedCert(`${name}-ca`, {
            privateKeyPem: keys.authority,
            ...authorityArgs,
          });
          const request = new tls.CertRequest(`${name}-request`, {
            privateKeyPem: keys.server,
            subject: { commonName: "server" },
            dnsNames: ["server.example"],
            ipAddresses: ["198.18.0.1"],
          });
          return new tls.LocallySignedCert(name, {
            caCertPem: authority.certPem,
            caPrivateKeyPem: keys.authority,
            certRequestPem: request.certRequestPem,
            validityPeriodHours: 24,
            allowedUses: ["server_auth", "digital_signature"],
          });
        },
        operation: "create",
        outputs: {
          caKeyAlgorithm: "ECDSA",
          isCaCertificate: false,
          caCertPem: (value: unknown) => {
            authorityPem = String(value);
          },
          certPem: certificate((found) => {
            const authority = new X509Certificate(authorityPem);
            assert.ok(found.checkIssued(authority));
            assert.ok(found.verify(authority.publicKey));
            assert.equal(found.subjectAltName, "DNS:server.example, IP Address:198.18.0.1");
            assert.deepEqual(found.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
            assert.equal(found.ca, false);
          }),
        },
        secret: ["caPrivateKeyPem"],
        clear: ["certPem", "caCertPem", "certRequestPem"],
      },
    ],
  },
  {
    name: "request",
    rounds: [
      {
        make: (name) =>
          new tls.CertRequest(name, {
            privateKeyPem: new Keys(`${name}-keys`).server,
            uris: ["spiffe://contract/server"],
          }),
        outputs: {
          keyAlgorithm: "ECDSA",
          certRequestPem: /^-----BEGIN CERTIFICATE REQUEST-----\n/,
          id: /^[0-9a-f]{40}$/,
        },
        secret: ["privateKeyPem"],
        clear: ["certRequestPem", "keyAlgorithm"],
      },
    ],
  },
  {
    name: "certificate that has run out",
    rounds: [
      {
        make: (name) =>
          new tls.SelfSignedCert(name, {
            privateKeyPem: new Keys(`${name}-keys`).server,
            validityPeriodHours: 0,
            allowedUses: [],
            subject: { commonName: "short" },
          }),
        outputs: { readyForRenewal: true },
      },
      {
        make: (name) =>
          new tls.SelfSignedCert(name, {
            privateKeyPem: new Keys(`${name}-keys`).server,
            validityPeriodHours: 0,
            allowedUses: [],
            subject: { commonName: "short" },
          }),
        operation: "replace",
        outputs: { readyForRenewal: true },
      },
    ],
  },
];

let authorityPem = "";

export const tlsCases: ContractCase[] = [...keyCases, ...certificateCases];

export const tlsFailures: ContractCase[] = [
  {
    name: "certificate of a key that is none",
    rounds: [
      {
        make: (name) =>
          new tls.SelfSignedCert(name, {
            privateKeyPem: secret("nonsense"),
            validityPeriodHours: 1,
            allowedUses: [],
          }),
        error: "Failed to parse private key PEM: failed to decode PEM block: decoded bytes 0, undecoded 8",
      },
    ],
  },
  {
    name: "authority without a name",
    rounds: [
      {
        make: (name) =>
          new tls.SelfSignedCert(name, {
            privateKeyPem: new Keys(`${name}-keys`).authority,
            isCaCertificate: true,
            validityPeriodHours: 1,
            allowedUses: [],
          }),
        error: "Must contain at least one Distinguished Name when creating Certificate Authority (CA)",
      },
    ],
  },
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
