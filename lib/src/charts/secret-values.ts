import { writePath } from "./key-tree";
import { isValues } from "./merge-values";

/** Names of secrets themselves; those of Secrets (`existingSecret`, `secretName`, `passwordKey`) are none. */
const secretName = /(password|passwd|token|secret|private_?key|access_?key|api_?key|credentials?)$/i;
const reference = /^existing/i;

/**
 * Paths of texts that look like secrets. Values stand in clear in the stack file, in the state and in Helm's own records, so
 * a chart is given the name of a Secret instead.
 */
export function secretValues(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value === "string") {
    const key = path.at(-1) ?? "";
    const named = secretName.test(key) && !reference.test(key) && value.trim() !== "";
    return named || value.includes("PRIVATE KEY-----") ? [writePath(path)] : [];
  }
  if (Array.isArray(value)) {
    return value.flatMap((element: unknown, index) => secretValues(element, [...path, String(index)]));
  }
  if (!isValues(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => secretValues(inner, [...path, key]));
}
