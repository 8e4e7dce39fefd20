import { OTHERS, isTable, type KeyNode, type KeyTable } from "./key-tree";

type Schema = Readonly<Record<string, unknown>>;

/**
 * The keys of a chart's `values.yaml` with those that its `values.schema.json` adds. The schema tells the kind of a value
 * better than a default does: an empty text may stand for an object too. A table stays closed unless the schema opens it.
 */
export function withSchema(keys: KeyTable, schema: unknown): KeyTable {
  const root = isObject(schema) ? schema : {};
  const node = merge(keys, root, root, 0);
  return isTable(node) ? node : keys;
}

/** References of a schema may be recursive; nothing of ours is deeper. */
const DEEPEST = 16;

function merge(node: KeyNode | undefined, schema: Schema, root: Schema, depth: number): KeyNode {
  const parts = alternatives(schema, root, depth);
  if (depth > DEEPEST || parts.some((part) => part === "any")) return isTable(node) ? node : "any";
  const shapes = parts.filter((part): part is Schema => typeof part === "object");
  const properties = shapes.flatMap((shape) => Object.entries(isObject(shape.properties) ? shape.properties : {}));
  const kinds = new Set(shapes.flatMap((shape) => kindsOf(shape)));
  if (isTable(node) || (kinds.size === 1 && kinds.has("object"))) {
    return mergeTable(isTable(node) ? node : {}, shapes, properties, root, depth);
  }
  if (kinds.size > 1) return "any";
  if (node === undefined) return kinds.has("array") ? "list" : kinds.has("scalar") ? "scalar" : "any";
  return node;
}

function mergeTable(
  table: KeyTable,
  shapes: readonly Schema[],
  properties: readonly (readonly [string, unknown])[],
  root: Schema,
  depth: number,
): KeyTable {
  const closed = shapes.some(({ additionalProperties: more }) => more === false);
  const merged: Record<string, KeyNode> = Object.fromEntries(
    Object.entries(table).filter(([key]) => !(closed && key === OTHERS)),
  );
  for (const [key, property] of properties) {
    merged[key] = merge(merged[key], isObject(property) ? property : {}, root, depth + 1);
  }
  // `true` only says that the schema is lenient; a shape for the other keys says that there are others.
  const open = shapes.some(({ additionalProperties: more }) => isObject(more));
  // A table without a default and without names is whatever the chart passes on.
  if (open || (properties.length === 0 && Object.keys(table).length === 0)) merged[OTHERS] = "any";
  return merged;
}

/** The shapes a value may have: the schema itself, or its alternatives with references followed; `any` where none is said. */
function alternatives(schema: Schema, root: Schema, depth: number): (Schema | "any")[] {
  if (depth > DEEPEST) return ["any"];
  const own = typeof schema.$ref === "string" ? resolve(schema.$ref, root) : undefined;
  if (own) return alternatives(own, root, depth + 1);
  const listed = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list): unknown[] =>
    Array.isArray(list) ? list : [],
  );
  const nested = listed.flatMap((each) => alternatives(isObject(each) ? each : {}, root, depth + 1));
  const says = schema.type !== undefined || schema.properties !== undefined;
  if (says) return [schema, ...nested.filter((each) => each !== "any")];
  return nested.length > 0 ? nested : ["any"];
}

function kindsOf({ type, properties }: Schema): string[] {
  const types: unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const kinds = types
    .filter((each) => each !== "null")
    .map((each) => (each === "object" || each === "array" ? each : "scalar"));
  return kinds.length === 0 && properties !== undefined ? ["object"] : kinds;
}

function resolve(reference: string, root: Schema): Schema | undefined {
  if (!reference.startsWith("#/")) return undefined;
  const found = reference
    .slice(2)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((inner, part) => (isObject(inner) ? inner[part] : undefined), root);
  return isObject(found) ? found : undefined;
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
