import { CertificationRequest, CertificationRequestInfo, Attributes } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import { Attribute, Certificate, Extensions } from "@peculiar/asn1-x509";
import { z } from "zod";
import type { BridgedInput, BridgedType } from "../provider/bridged";
import type { PropertyMap } from "../provider/property";
import { EXTENDED_KEY_USAGES, KEY_USAGES, signCertificate, type Signed } from "./certificate";
import { pem } from "./openssh-key";
import { notOneOf, stateHash } from "./private-key";
import { alternativeNames, decodePem, nameOf, parsePrivateKey, signatureAlgorithm, signWith } from "./x509";

// PKCS #9, the extensions that a request asks for (RFC 2985, section 5.4.2).
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";

const secretText: BridgedInput = { type: "string", secret: true };
const number: BridgedInput = { type: "number" };
const strings: BridgedInput = { type: "strings" };
const off: BridgedInput = { type: "boolean", default: false };

const subjectInputs: Record<string, BridgedInput> = {
  dnsNames: strings,
  ipAddresses: strings,
  uris: strings,
  privateKeyPem: secretText,
  subject: { type: "object" },
};

const certificateInputs: Record<string, BridgedInput> = {
  allowedUses: strings,
  // The time before the end at which a certificate counts as expired; it is no part of the certificate.
  earlyRenewalHours: { type: "number", default: 0, replaces: false },
  isCaCertificate: off,
  maxPathLength: number,
  setSubjectKeyId: off,
  validityPeriodHours: number,
};

const certificateOutputs = { certPem: {}, readyForRenewal: {}, validityEndTime: {}, validityStartTime: {} };

const text = z.string().optional();
const holderSchema = z.object({
  privateKeyPem: z.string(),
  dnsNames: z.array(z.string()).default([]),
  ipAddresses: z.array(z.string()).default([]),
  uris: z.array(z.string()).default([]),
  subject: z
    .object({
      commonName: text,
      country: text,
      emailAddress: text,
      locality: text,
      organization: text,
      organizationalUnit: text,
      postalCode: text,
      province: text,
      serialNumber: text,
      streetAddresses: z.array(z.string()).optional(),
    })
    .default({}),
});

const rulesSchema = z.object({
  allowedUses: z.array(z.string()),
  earlyRenewalHours: z.number(),
  isCaCertificate: z.boolean(),
  maxPathLength: z.number().optional(),
  setSubjectKeyId: z.boolean(),
  setAuthorityKeyId: z.boolean().default(false),
  validityPeriodHours: z.number(),
});

export const certRequest: BridgedType = {
  inputs: subjectInputs,
  makes: { certRequestPem: {}, keyAlgorithm: {} },
  make(values) {
    const { privateKeyPem, subject, ...names } = holderSchema.parse(values);
    const key = parsePrivateKey(privateKeyPem, "private key");
    const name = nameOf(subject);
    const wanted = alternativeNames(names, name);
    const value = wanted ? [AsnConvert.serialize(new Extensions([wanted]))] : [];
    const attributes = wanted ? [new Attribute({ type: EXTENSION_REQUEST, values: value })] : [];
    const certificationRequestInfo = new CertificationRequestInfo({
      subject: name,
      subjectPKInfo: key.publicKeyInfo,
      attributes: new Attributes(attributes),
    });
    const request = new CertificationRequest({
      certificationRequestInfo,
      signatureAlgorithm: signatureAlgorithm(key),
      signature: signWith(key, AsnConvert.serialize(certificationRequestInfo)),
    });
    const der = Buffer.from(AsnConvert.serialize(request));
    const id = stateHash(der);
    const outputs = { id, certRequestPem: pem("CERTIFICATE REQUEST", der), keyAlgorithm: key.algorithm };
    return Promise.resolve({ id, outputs });
  },
};

export const selfSignedCert: BridgedType = {
  ...renewed(),
  inputs: { ...subjectInputs, ...certificateInputs, setAuthorityKeyId: off },
  makes: { ...certificateOutputs, keyAlgorithm: {} },
  make(values) {
    const { privateKeyPem, subject, ...names } = holderSchema.parse(values);
    const rules = rulesSchema.parse(values);
    const key = parsePrivateKey(privateKeyPem, "private key");
    const name = nameOf(subject);
    const holder = {
      subject: name,
      publicKeyInfo: key.publicKeyInfo,
      alternativeNames: alternativeNames(names, name),
    };
    const signed = signCertificate(holder, { key }, rules);
    return Promise.resolve({
      id: signed.id,
      outputs: { ...outputsOf(signed, rules), keyAlgorithm: key.algorithm },
    });
  },
};

const signingSchema = z.object({
  caCertPem: z.string(),
  caPrivateKeyPem: z.string(),
  certRequestPem: z.string(),
});

export const locallySignedCert: BridgedType = {
  ...renewed(),
  inputs: {
    ...certificateInputs,
    caCertPem: { type: "string" },
    caPrivateKeyPem: secretText,
    certRequestPem: { type: "string" },
  },
  makes: { ...certificateOutputs, caKeyAlgorithm: {} },
  make(values) {
    const { caCertPem, caPrivateKeyPem, certRequestPem } = signingSchema.parse(values);
    const rules = rulesSchema.parse(values);
    const requestDer = decodePem(certRequestPem, "CERTIFICATE REQUEST", "certificate request");
    const { certificationRequestInfo: request } = AsnConvert.parse(requestDer, CertificationRequest);
    const key = parsePrivateKey(caPrivateKeyPem, "CA private key");
    const certificate = AsnConvert.parse(decodePem(caCertPem, "CERTIFICATE", "CA certificate"), Certificate);
    const holder = {
      subject: request.subject,
      publicKeyInfo: request.subjectPKInfo,
      alternativeNames: requestedNames(request),
    };
    const signed = signCertificate(holder, { certificate, key }, rules);
    return Promise.resolve({
      id: signed.id,
      outputs: { ...outputsOf(signed, rules), caKeyAlgorithm: key.algorithm },
    });
  },
};

function requestedNames(request: CertificationRequestInfo) {
  const asked = request.attributes.find(({ type }) => type === EXTENSION_REQUEST)?.values[0];
  if (!asked) return undefined;
  return AsnConvert.parse(asked, Extensions).find(({ extnID }) => extnID === SUBJECT_ALTERNATIVE_NAME);
}

function outputsOf(signed: Signed, rules: z.infer<typeof rulesSchema>): PropertyMap {
  const { validityPeriodHours, earlyRenewalHours } = rules;
  const readyForRenewal = validityPeriodHours === 0 || earlyRenewalHours >= validityPeriodHours;
  return { ...signed, readyForRenewal };
}

/** A certificate that is near its end is made anew by the next update; a refresh says so in its state. */
function renewed(): Pick<BridgedType, "problems" | "expired" | "refreshed"> {
  return {
    problems: ({ allowedUses }) => {
      const known = [...Object.keys(KEY_USAGES), ...Object.keys(EXTENDED_KEY_USAGES)].sort();
      if (!Array.isArray(allowedUses)) return [];
      return allowedUses.flatMap((use, index) => {
        const place = `[${String(index)}]`;
        return notOneOf(`allowedUses${place}`, `allowed_uses${place}`, use, known);
      });
    },
    expired: (state) => (isDue(state) ? "readyForRenewal" : undefined),
    refreshed: (state) => (isDue(state) ? { readyForRenewal: true } : {}),
  };
}

function isDue({ validityEndTime, earlyRenewalHours }: PropertyMap): boolean {
  if (typeof validityEndTime !== "string") return false;
  const early = typeof earlyRenewalHours === "number" ? earlyRenewalHours : 0;
  return Date.parse(validityEndTime) - early * 3_600_000 <= Date.now();
}
