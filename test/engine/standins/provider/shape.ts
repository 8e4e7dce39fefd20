import {
  containsUnknown,
  isObject,
  isSecret,
  isUnknown,
  secret,
  type Property,
  type PropertyMap,
} from "./property";
import type { Checked, CheckFailure } from "./stand-in";

/** The type of an input, with what the official schema says about it. */
export type Shape = { required?: boolean; secret?: boolean; default?: Property } & (
  | { type: "string" | "number" | "integer" | "boolean" | "any" | "list" | "strings" | "stringMap" }
  | { type: "object"; of: Struct }
);

/** A Go struct of the official provider: its name stands in the errors. */
export interface Struct {
  name: string;
  members: Record<string, Shape>;
}

/** Names of the Go types, as the official errors give them. */
const GO_TYPES = {
  string: "string",
  number: "float64",
  integer: "int",
  boolean: "bool",
  list: "[]interface {}",
  strings: "[]string",
  stringMap: "map[string]string",
} as const;

/** Inputs checked like the official provider does, with defaults filled in and secrets marked. */
export function checkStruct(struct: Struct, inputs: PropertyMap): Checked {
  const failures: CheckFailure[] = [];
  const result: PropertyMap = {};
  for (const [name, shape] of Object.entries(struct.members)) {
    const value = inputs[name];
    if (value !== undefined) result[name] = checkValue(struct, name, shape, value, failures);
    else if (shape.default !== undefined) result[name] = shape.default;
    else if (shape.required === true) {
      failures.push({ property: name, reason: `Missing required field '${name}' on '${struct.name}'` });
    }
  }
  for (const [name, value] of Object.entries(inputs)) {
    if (name in struct.members) continue;
    result[name] = value;
    failures.push({ property: name, reason: `Unrecognized field '${name}' on '${struct.name}'` });
  }
  return { inputs: result, failures };
}

function checkValue(
  struct: Struct,
  name: string,
  shape: Shape,
  value: Property,
  failures: CheckFailure[],
): Property {
  if (isSecret(value)) return secret(checkValue(struct, name, shape, value.value, failures));
  const checked = shape.type === "object" ? checkObject(struct, name, shape.of, value, failures) : value;
  if (shape.type !== "object") failures.push(...typeFailures(struct, name, shape.type, value));
  return shape.secret === true ? secret(checked) : checked;
}

function checkObject(
  struct: Struct,
  name: string,
  of: Struct,
  value: Property,
  failures: CheckFailure[],
): Property {
  if (isUnknown(value)) return value;
  if (!isObject(value)) {
    failures.push(wrongType(struct, name, of.name, value));
    return value;
  }
  const nested = checkStruct(of, value);
  if (nested.failures.length > 0) {
    const owner = struct.name.replace(/^.*\./, "");
    const lines = nested.failures.map(({ property, reason }) => `\n\t${property}: ${reason}`);
    const count = String(nested.failures.length);
    const reason = `An error occurred decoding '${owner}.${name}': ${count} failures decoding:${lines.join("")}`;
    failures.push({ property: name, reason });
  }
  return nested.inputs;
}

function typeFailures(
  struct: Struct,
  name: string,
  type: Exclude<Shape["type"], "object">,
  value: Property,
): CheckFailure[] {
  if (type === "any" || isUnknown(value)) return [];
  if (type === "strings" && Array.isArray(value)) {
    return value.flatMap((item, index) => stringFailures(struct, `${name}[${String(index)}]`, item));
  }
  if (type === "stringMap" && isObject(value)) {
    return Object.entries(value).flatMap(([key, item]) =>
      stringFailures(struct, `${name}[${key}] value`, item),
    );
  }
  return matches(type, value) ? [] : [wrongType(struct, name, GO_TYPES[type], value)];
}

function stringFailures(struct: Struct, path: string, given: Property): CheckFailure[] {
  const value = isSecret(given) ? given.value : given;
  return typeof value === "string" || containsUnknown(value)
    ? []
    : [wrongType(struct, path, "string", value)];
}

function matches(type: string, value: Property): boolean {
  if (type === "list") return Array.isArray(value);
  // A fraction is cut, not refused, where the official provider wants a whole number.
  return typeof value === (type === "integer" ? "number" : type);
}

function wrongType(struct: Struct, path: string, wanted: string, value: Property): CheckFailure {
  const reason = `Field '${path}' on '${struct.name}' must be a '${wanted}'; got '${goType(value)}' instead`;
  return { property: path, reason };
}

function goType(value: Property): string {
  if (Array.isArray(value)) return GO_TYPES.list;
  if (typeof value === "number") return GO_TYPES.number;
  if (typeof value === "boolean") return GO_TYPES.boolean;
  return typeof value === "string" ? GO_TYPES.string : "map[string]interface {}";
}
