import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Extension,
  GeneralName,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
} from "@peculiar/asn1-x509";

/** A key as it stands in PEM, with the name that the official provider gives its algorithm. */
export interface PrivateKey {
  key: KeyObject;
  algorithm: "RSA" | "ECDSA" | "ED25519";
  publicKeyInfo: SubjectPublicKeyInfo;
}

const ALGORITHMS = { rsa: "RSA", ec: "ECDSA", ed25519: "ED25519" } as const;

export function parsePrivateKey(text: string, what: string): PrivateKey {
  const key = readKey(text, what);
  const type = key.asymmetricKeyType;
  if (type !== "rsa" && type !== "ec" && type !== "ed25519") {
    throw new Error(`Failed to parse ${what} PEM: unsupported private key type: ${String(type)}`);
  }
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  return { key, algorithm: ALGORITHMS[type], publicKeyInfo: AsnConvert.parse(der, SubjectPublicKeyInfo) };
}

function readKey(text: string, what: string): KeyObject {
  const label = /^-----BEGIN ([A-Z ]+)-----/m.exec(text)?.[1];
  if (label === undefined) {
    throw new Error(
      `Failed to parse ${what} PEM: failed to decode PEM block: decoded bytes 0, undecoded ${String(text.length)}`,
    );
  }
  if (!["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"].includes(label)) {
    throw new Error(`Failed to parse ${what} PEM: unsupported PEM preamble/type: ${label}`);
  }
  return createPrivateKey(text);
}

/** The content of a PEM block with the wanted label. */
export function decodePem(text: string, label: string, what: string): Buffer {
  const found = /-----BEGIN ([A-Z ]+)-----\r?\n([A-Za-z0-9+/=\s]+)-----END \1-----/.exec(text);
  if (!found) throw new Error(`Failed to parse ${what} PEM: failed to decode PEM block`);
  if (found[1] !== label)
    throw new Error(`Failed to parse ${what} PEM: unsupported PEM preamble/type: ${String(found[1])}`);
  return Buffer.from(found[2] ?? "", "base64");
}

const SIGNATURES = {
  rsa: { id: "1.2.840.113549.1.1.11", digest: "sha256", parameters: Buffer.of(5, 0) },
  ed25519: { id: "1.3.101.112", digest: undefined, parameters: undefined },
  secp224r1: { id: "1.2.840.10045.4.3.2", digest: "sha256", parameters: undefined },
  prime256v1: { id: "1.2.840.10045.4.3.2", digest: "sha256", parameters: undefined },
  secp384r1: { id: "1.2.840.10045.4.3.3", digest: "sha384", parameters: undefined },
  secp521r1: { id: "1.2.840.10045.4.3.4", digest: "sha512", parameters: undefined },
} as const;

function signature({ key }: PrivateKey) {
  const name = key.asymmetricKeyType === "ec" ? key.asymmetricKeyDetails?.namedCurve : key.asymmetricKeyType;
  if (name === undefined || !(name in SIGNATURES))
    throw new Error(`cannot sign with a key of type ${String(name)}`);
  return SIGNATURES[name as keyof typeof SIGNATURES];
}

/** The algorithm that Go's x509 picks for a key: SHA-256, or what fits the curve. */
export function signatureAlgorithm(key: PrivateKey): AlgorithmIdentifier {
  const { id, parameters } = signature(key);
  return new AlgorithmIdentifier({
    algorithm: id,
    ...(parameters ? { parameters: arrayBuffer(parameters) } : {}),
  });
}

export function signWith(key: PrivateKey, content: ArrayBuffer): ArrayBuffer {
  return arrayBuffer(sign(signature(key).digest, Buffer.from(content), key.key));
}

/** The key identifier of the official provider: SHA-1 over the key in the form that Go marshals it in. */
export function keyIdentifier(info: SubjectPublicKeyInfo): OctetString {
  const bits = Buffer.from(info.subjectPublicKey);
  const edwards = info.algorithm.algorithm === SIGNATURES.ed25519.id;
  const content = edwards ? Buffer.concat([Buffer.of(0x04, bits.length), bits]) : bits;
  return new OctetString(arrayBuffer(createHash("sha1").update(content).digest()));
}

export interface Subject {
  commonName?: string | undefined;
  country?: string | undefined;
  emailAddress?: string | undefined;
  locality?: string | undefined;
  organization?: string | undefined;
  organizationalUnit?: string | undefined;
  postalCode?: string | undefined;
  province?: string | undefined;
  serialNumber?: string | undefined;
  streetAddresses?: string[] | undefined;
}

/** A name with its parts in the order of Go's pkix.Name. */
export function nameOf(subject: Subject): Name {
  const parts: [string, string[]][] = [
    ["2.5.4.6", one(subject.country)],
    ["2.5.4.8", one(subject.province)],
    ["2.5.4.7", one(subject.locality)],
    ["2.5.4.9", subject.streetAddresses ?? []],
    ["2.5.4.17", one(subject.postalCode)],
    ["2.5.4.10", one(subject.organization)],
    ["2.5.4.11", one(subject.organizationalUnit)],
    ["2.5.4.3", one(subject.commonName)],
    ["2.5.4.5", one(subject.serialNumber)],
    ["1.2.840.113549.1.9.1", one(subject.emailAddress)],
  ];
  const sets = parts
    .filter(([, values]) => values.length > 0)
    .map(([type, values]) => new RelativeDistinguishedName(values.map((value) => attribute(type, value))));
  return new Name(sets);
}

function one(value: string | undefined): string[] {
  return value === undefined ? [] : [value];
}

function attribute(type: string, text: string): AttributeTypeAndValue {
  if (type === "1.2.840.113549.1.9.1") {
    return new AttributeTypeAndValue({ type, value: new AttributeValue({ ia5String: text }) });
  }
  const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text);
  const value = new AttributeValue(printable ? { printableString: text } : { utf8String: text });
  return new AttributeTypeAndValue({ type, value });
}

export interface AlternativeNames {
  dnsNames: string[];
  ipAddresses: string[];
  uris: string[];
}

/** Nothing if there are no names; critical if the subject has none either (RFC 5280, section 4.2.1.6). */
export function alternativeNames(names: AlternativeNames, subject: Name): Extension | undefined {
  const all = [
    ...names.dnsNames.map((dNSName) => new GeneralName({ dNSName })),
    ...names.ipAddresses.map((iPAddress) => new GeneralName({ iPAddress })),
    ...names.uris.map((uniformResourceIdentifier) => new GeneralName({ uniformResourceIdentifier })),
  ];
  if (all.length === 0) return undefined;
  return extension("2.5.29.17", new SubjectAlternativeName(all), subject.length === 0);
}

export function extension(extnID: string, value: unknown, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

export function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
