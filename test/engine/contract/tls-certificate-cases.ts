import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { ComponentResource, secret, type Output } from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { ContractCase } from "./case.js";

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

/** The authority of a row, for the checks of what it signed. */
let authorityPem = "";

function certificate(check: (certificate: X509Certificate) => void) {
  return (value: unknown) => {
    check(new X509Certificate(String(value)));
  };
}

export const tlsCertificateCases: ContractCase[] = [
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

export const tlsCertificateFailures: ContractCase[] = [
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
];
