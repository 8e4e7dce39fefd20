import { parse } from "yaml";
import { CONFIG_NAMESPACE } from "./keys";

type Table = Readonly<Record<string, unknown>>;

/**
 * The project's keys of a `Pulumi.<stack>.yaml` text without their namespace, ready for `parseConfig`. Encrypted values
 * stay where they are: `secrets` becomes the list of its names. Throws one error that lists every key of the project
 * that is encrypted elsewhere, in clear inside `secrets`, or without the namespace.
 */
export function readStackFile(text: string): Record<string, unknown> {
  const file: unknown = parse(text);
  const config: unknown = isTable(file) ? (file.config ?? {}) : file;
  if (!isTable(config))
    throw new Error("The stack file is no table with a key config; write config: and the keys below it.");
  const faults: string[] = [];
  const raw: Record<string, unknown> = {};
  for (const [full, value] of Object.entries(config)) {
    const [namespace, key] = split(full);
    if (key === undefined) faults.push(`${full} has no namespace (write ${CONFIG_NAMESPACE}:${full})`);
    if (namespace !== CONFIG_NAMESPACE || key === undefined) continue;
    if (key === "secrets") raw[key] = secretNames(value, faults);
    else {
      faults.push(
        ...encryptedKeys(value, key).map((path) => `${path} is encrypted (only entries of secrets may be)`),
      );
      raw[key] = value;
    }
  }
  if (faults.length > 0)
    throw new Error(`The stack file cannot be read without guessing: ${faults.join("; ")}.`);
  return raw;
}

function split(full: string): [string, string | undefined] {
  const colon = full.indexOf(":");
  return colon < 0 ? [full, undefined] : [full.slice(0, colon), full.slice(colon + 1)];
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How the engine writes an encrypted value. */
function isEncrypted(value: unknown): boolean {
  return isTable(value) && Object.keys(value).length === 1 && typeof value.secure === "string";
}

function encryptedKeys(value: unknown, path: string): string[] {
  if (isEncrypted(value)) return [path];
  if (Array.isArray(value))
    return value.flatMap((element, index) => encryptedKeys(element, `${path}[${String(index)}]`));
  return isTable(value)
    ? Object.entries(value).flatMap(([key, inner]) => encryptedKeys(inner, `${path}.${key}`))
    : [];
}

function secretNames(value: unknown, faults: string[]): string[] {
  if (!isTable(value) || isEncrypted(value)) {
    faults.push(
      "secrets hides its names (store each entry with: pulumi config set --secret --path secrets.<name>)",
    );
    return [];
  }
  const clear = Object.entries(value).filter(([, entry]) => !isEncrypted(entry));
  faults.push(
    ...clear.map(
      ([name]) =>
        `secrets.${name} stands in clear (change it, then: pulumi config set --secret --path secrets.${name})`,
    ),
  );
  return Object.keys(value);
}
