import { UnknownValueError } from "@pulumi/policy";
import { asset } from "@pulumi/pulumi";
import { UNKNOWN, type Value } from "./field";

/**
 * Turns what CrossGuard hands to a policy into plain values. CrossGuard throws on access to an unknown property; here
 * it becomes UNKNOWN, so that one unknown field does not hide what is wrong with the others.
 */
export async function readValue(source: unknown): Promise<Value> {
  if (source === null || source === undefined) return null;
  if (typeof source === "string" || typeof source === "number" || typeof source === "boolean") return source;
  if (typeof source !== "object") return null;
  if (Array.isArray(source)) {
    // Not source.map(…): it asks the proxy for `constructor.prototype`, which the proxy cannot stand in for.
    return Promise.all(Array.from({ length: source.length }, (_, index) => readKey(source, index)));
  }
  if (asset.Asset.isInstance(source) || asset.Archive.isInstance(source)) return readAsset(source);
  const result: Record<string, Value> = {};
  for (const key of Object.keys(source)) result[key] = await readKey(source, key);
  return result;
}

async function readKey(source: object, key: string | number): Promise<Value> {
  try {
    return await readValue((source as Record<string | number, unknown>)[key]);
  } catch (error) {
    if (error instanceof UnknownValueError) return UNKNOWN;
    throw error;
  }
}

/** The text or path of an asset. CrossGuard's proxy breaks the promise it stands in, its descriptor does not. */
async function readAsset(source: object): Promise<Value> {
  const result: Record<string, Value> = {};
  for (const key of ["text", "path", "uri"]) {
    const stored: unknown = Object.getOwnPropertyDescriptor(source, key)?.value;
    const value: unknown = await stored;
    if (typeof value === "string") result[key] = value;
  }
  return result;
}
