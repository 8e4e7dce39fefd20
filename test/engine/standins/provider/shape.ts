import {
  containsUnknown,
  isObject,
  isSecret,
  isUnknown,
  secret,
  type Property,
  type PropertyMap,
} from "./property";
import type { CheckFailure } from "./stand-in";

/** The type of an input, with what the official schema says about it. */
export interface Shape {
  type: "string" | "number" | "integer" | "boolean" | "any" | "array" | "map" | "object";
  required?: boolean;
  secret?: boolean;
  default?: Property;
  /** For arrays and maps. */
  items?: Shape;
  /** For objects. */
  members?: Shapes;
}

export type Shapes = Record<string, Shape>;

/** Inputs checked against their shapes, with defaults filled in and secrets marked. */
export function checkShapes(
  shapes: Shapes,
  inputs: PropertyMap,
): { inputs: PropertyMap; failures: CheckFailure[] } {
  const failures: CheckFailure[] = [];
  const checked = checkMembers(shapes, inputs, "", failures);
  return { inputs: checked, failures };
}

function checkMembers(
  shapes: Shapes,
  values: PropertyMap,
  path: string,
  failures: CheckFailure[],
): PropertyMap {
  const result: PropertyMap = {};
  for (const [name, value] of Object.entries(values)) {
    const shape = shapes[name];
    if (!shape) {
      failures.push({ property: path + name, reason: `Unrecognized field '${path}${name}'` });
      result[name] = value;
      continue;
    }
    const checked = check(shape, value, path + name, failures);
    result[name] = shape.secret === true ? secret(checked) : checked;
  }
  for (const [name, shape] of Object.entries(shapes)) {
    if (name in values) continue;
    if (shape.default !== undefined) result[name] = shape.default;
    else if (shape.required === true) {
      failures.push({ property: path + name, reason: `Missing required field '${path}${name}'` });
    }
  }
  return result;
}

function check(shape: Shape, value: Property, path: string, failures: CheckFailure[]): Property {
  if (isSecret(value)) return secret(check(shape, value.value, path, failures));
  if (isUnknown(value) || shape.type === "any") return value;
  const items = shape.items;
  if (shape.type === "array" && Array.isArray(value)) {
    return items
      ? value.map((item, index) => check(items, item, `${path}[${String(index)}]`, failures))
      : value;
  }
  if (shape.type === "map" && isObject(value)) {
    if (!items) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, check(items, item, `${path}.${key}`, failures)]),
    );
  }
  if (shape.type === "object" && isObject(value)) {
    return checkMembers(shape.members ?? {}, value, `${path}.`, failures);
  }
  if (matches(shape.type, value) || containsUnknown(value)) return value;
  failures.push({
    property: path,
    reason: `Field '${path}' must be a '${shape.type}'; got '${nameOf(value)}' instead`,
  });
  return value;
}

function matches(type: Shape["type"], value: Property): boolean {
  if (type === "integer") return typeof value === "number" && Number.isInteger(value);
  return typeof value === type;
}

function nameOf(value: Property): string {
  return Array.isArray(value) ? "array" : typeof value;
}
