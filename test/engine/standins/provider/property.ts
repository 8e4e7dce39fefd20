import { randomBytes } from "node:crypto";

/**
 * Property values as they travel between engine and provider: JSON in which an object with the special key
 * `4dabf18193072939515e22adb298388d` is a secret, an asset or an archive, and seven fixed strings mean "not
 * known yet" (sdk/go/common/resource/sig and sdk/go/common/resource/plugin/rpc.go of pulumi/pulumi).
 */
export type Property = null | boolean | number | string | Property[] | { [key: string]: Property };
export type PropertyMap = Record<string, Property>;

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** The string that stands for an unknown string; unknowns of the other types have strings of their own. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWNS = new Set<Property>([
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export function isObject(value: Property | undefined): value is Record<string, Property> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isSecret(value: Property | undefined): value is { [key: string]: Property; value: Property } {
  return isObject(value) && value[SIGNATURE] === SECRET;
}

export function isAsset(value: Property | undefined): value is Record<string, Property> {
  return isObject(value) && value[SIGNATURE] === ASSET;
}

export function isArchive(value: Property | undefined): value is Record<string, Property> {
  return isObject(value) && value[SIGNATURE] === ARCHIVE;
}

export function isUnknown(value: Property | undefined): boolean {
  return typeof value === "string" && UNKNOWNS.has(value);
}

export function secret(value: Property): Property {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

/** An asset that the engine reads from a path of this machine. */
export function pathAsset(path: string): Property {
  return { [SIGNATURE]: ASSET, path };
}

/** An archive made of named assets. */
export function assetArchive(assets: PropertyMap): Property {
  return { [SIGNATURE]: ARCHIVE, assets };
}

/** The value without its secret envelopes, at every depth. */
export function reveal(value: Property): Property {
  if (isSecret(value)) return reveal(value.value);
  if (Array.isArray(value)) return value.map(reveal);
  if (isObject(value)) return revealMap(value);
  return value;
}

export function revealMap(values: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, reveal(value)]));
}

export function containsSecret(value: Property | undefined): boolean {
  return holds(value, isSecret);
}

export function containsUnknown(value: Property | undefined): boolean {
  return holds(value, isUnknown);
}

function holds(value: Property | undefined, test: (value: Property) => boolean): boolean {
  if (value === undefined) return false;
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((item) => holds(item, test));
  return isObject(value) && Object.values(value).some((item) => holds(item, test));
}

export function equal(a: Property | undefined, b: Property | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => equal(item, b[index]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].every((key) => equal(a[key], b[key]));
  }
  return a === b;
}

/** Objects without their null members, as the engine stores them. */
export function withoutNulls(values: PropertyMap): PropertyMap {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/** A resource id in the engine's own form: a prefix and eight random hexadecimal digits. */
export function uniqueHex(prefix: string): string {
  return prefix + randomBytes(4).toString("hex");
}
