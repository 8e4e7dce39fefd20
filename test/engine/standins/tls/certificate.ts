import { randomBytes } from "node:crypto";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extensions,
  KeyIdentifier,
  KeyUsage,
  SubjectKeyIdentifier,
  TBSCertificate,
  Validity,
  Version,
  type Extension,
  type Name,
  type SubjectPublicKeyInfo,
} from "@peculiar/asn1-x509";
import { pem } from "./openssh-key";
import { arrayBuffer, extension, keyIdentifier, signatureAlgorithm, signWith, type PrivateKey } from "./x509";

/** Bits of the extension (RFC 5280, section 4.2.1.3). */
export const KEY_USAGES: Record<string, number> = {
  digital_signature: 1,
  content_commitment: 2,
  key_encipherment: 4,
  data_encipherment: 8,
  key_agreement: 16,
  cert_signing: 32,
  crl_signing: 64,
  encipher_only: 128,
  decipher_only: 256,
};

/** Object identifiers as in Go's crypto/x509. */
export const EXTENDED_KEY_USAGES: Record<string, string> = {
  any_extended: "2.5.29.37.0",
  server_auth: "1.3.6.1.5.5.7.3.1",
  client_auth: "1.3.6.1.5.5.7.3.2",
  code_signing: "1.3.6.1.5.5.7.3.3",
  email_protection: "1.3.6.1.5.5.7.3.4",
  ipsec_end_system: "1.3.6.1.5.5.7.3.5",
  ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
  ipsec_user: "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  ocsp_signing: "1.3.6.1.5.5.7.3.9",
  microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
  netscape_server_gated_crypto: "2.16.840.1.113730.4.1",
  microsoft_commercial_code_signing: "1.3.6.1.4.1.311.2.1.22",
  microsoft_kernel_code_signing: "1.3.6.1.4.1.311.61.1.1",
};

const HOUR_MS = 3_600_000;

export interface CertificateRules {
  allowedUses: string[];
  isCaCertificate: boolean;
  maxPathLength?: number | undefined;
  setSubjectKeyId: boolean;
  setAuthorityKeyId: boolean;
  validityPeriodHours: number;
}

export interface Holder {
  subject: Name;
  publicKeyInfo: SubjectPublicKeyInfo;
  alternativeNames: Extension | undefined;
}

export interface Issuer {
  /** Left out when the certificate signs itself. */
  certificate?: Certificate;
  key: PrivateKey;
}

export interface Signed {
  id: string;
  certPem: string;
  validityStartTime: string;
  validityEndTime: string;
}

/** Signs a certificate with the extensions, and in the order, that Go's x509.CreateCertificate gives it. */
export function signCertificate(holder: Holder, issuer: Issuer, rules: CertificateRules): Signed {
  if (rules.isCaCertificate && holder.subject.length === 0) {
    const problem = "Must contain at least one Distinguished Name when creating Certificate Authority (CA)";
    throw new Error(`Invalid Certificate Subject: ${problem}`);
  }
  const serial = randomBytes(16);
  const start = new Date();
  const end = new Date(start.getTime() + rules.validityPeriodHours * HOUR_MS);
  const issuerName = issuer.certificate?.tbsCertificate.subject ?? holder.subject;
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: arrayBuffer(positive(serial)),
    signature: signatureAlgorithm(issuer.key),
    issuer: issuerName,
    validity: new Validity({ notBefore: start, notAfter: end }),
    subject: holder.subject,
    subjectPublicKeyInfo: holder.publicKeyInfo,
    extensions: new Extensions(extensions(holder, issuer, rules)),
  });
  const certificate = new Certificate({
    tbsCertificate,
    signatureAlgorithm: signatureAlgorithm(issuer.key),
    signatureValue: signWith(issuer.key, AsnConvert.serialize(tbsCertificate)),
  });
  return {
    id: BigInt(`0x${serial.toString("hex")}`).toString(),
    certPem: pem("CERTIFICATE", Buffer.from(AsnConvert.serialize(certificate))),
    validityStartTime: start.toISOString(),
    validityEndTime: end.toISOString(),
  };
}

function extensions(holder: Holder, issuer: Issuer, rules: CertificateRules): Extension[] {
  const { allowedUses, isCaCertificate } = rules;
  const usage = allowedUses.reduce((bits, use) => bits | (KEY_USAGES[use] ?? 0), 0);
  const extended = allowedUses.flatMap((use) => EXTENDED_KEY_USAGES[use] ?? []);
  const ownIdentifier =
    isCaCertificate || rules.setSubjectKeyId ? keyIdentifier(holder.publicKeyInfo) : undefined;
  const authority = authorityIdentifier(holder, issuer, rules, ownIdentifier);
  // Zero is left out there too: Go takes it for "not set" (MaxPathLenZero).
  const length = isCaCertificate && (rules.maxPathLength ?? 0) > 0 ? rules.maxPathLength : undefined;
  if (!isCaCertificate && (rules.maxPathLength ?? 0) > 0) {
    throw new Error("Failed to create certificate: x509: only CAs are allowed to specify MaxPathLen");
  }
  const constraints = new BasicConstraints({
    cA: isCaCertificate,
    ...(length === undefined ? {} : { pathLenConstraint: length }),
  });
  return [
    ...(usage === 0 ? [] : [extension("2.5.29.15", new KeyUsage(usage), true)]),
    ...(extended.length === 0 ? [] : [extension("2.5.29.37", new ExtendedKeyUsage(extended))]),
    extension("2.5.29.19", constraints, true),
    ...(ownIdentifier ? [extension("2.5.29.14", new SubjectKeyIdentifier(ownIdentifier))] : []),
    ...(authority ? [extension("2.5.29.35", new AuthorityKeyIdentifier({ keyIdentifier: authority }))] : []),
    ...(holder.alternativeNames ? [holder.alternativeNames] : []),
  ];
}

function authorityIdentifier(
  holder: Holder,
  issuer: Issuer,
  rules: CertificateRules,
  own: ArrayBufferView | undefined,
): KeyIdentifier | undefined {
  const found = issuer.certificate?.tbsCertificate.extensions?.find(({ extnID }) => extnID === "2.5.29.14");
  const parent = found ? AsnConvert.parse(found.extnValue, SubjectKeyIdentifier) : undefined;
  const sameName =
    !issuer.certificate ||
    Buffer.from(AsnConvert.serialize(issuer.certificate.tbsCertificate.subject)).equals(
      Buffer.from(AsnConvert.serialize(holder.subject)),
    );
  if (parent && !sameName) return new KeyIdentifier(parent);
  if (!rules.setAuthorityKeyId) return undefined;
  if (!own) throw new Error("Invalid Certificate Authority: Could not determine Authority Key Identifier");
  return new KeyIdentifier(own);
}

/** A DER number without superfluous zeros and without a sign. */
function positive(bytes: Buffer): Buffer {
  let rest = bytes;
  while (rest.length > 1 && rest[0] === 0) rest = rest.subarray(1);
  return (rest[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), rest]) : rest;
}
