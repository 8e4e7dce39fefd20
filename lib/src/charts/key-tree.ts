/**
 * The keys a chart knows, as data of the project (`charts/<chart>.json`). A node says what may stand under a key:
 * - `any`: whatever the chart passes on (a default of null, a commented key);
 * - `scalar`, `list`: as the default is;
 * - a table: these keys and no others, unless it has the key `*`, which stands for all others.
 */
export type KeyNode = "any" | "scalar" | "list" | KeyTable;
export interface KeyTable {
  readonly [key: string]: KeyNode;
}

/** Stands for every key that a table does not name. */
export const OTHERS = "*";

/** The keys of one chart at one version. */
export interface ChartKeys {
  readonly chart: string;
  readonly version: string;
  /** Where the chart was published: the repository of the pin. */
  readonly repository: string;
  /** SHA-256 of the files the keys were read from, by their path in the chart, sub-charts' included. */
  readonly files: Readonly<Record<string, string>>;
  /** Sub-charts whose own files were not in hand, so that every key under them is let through, or were of another version. */
  readonly gaps: readonly string[];
  readonly keys: KeyTable;
}

export function isTable(node: KeyNode | undefined): node is KeyTable {
  return typeof node === "object";
}

/** Both trees in one. Where they differ in kind anything goes; a table that is open for want of names yields to one with names. */
export function mergeKeys(left: KeyNode, right: KeyNode): KeyNode {
  if (isTable(left) && isTable(right)) {
    if (isNameless(left)) return right;
    if (isNameless(right)) return left;
    const merged: Record<string, KeyNode> = { ...left };
    for (const [key, node] of Object.entries(right)) {
      const known = merged[key];
      merged[key] = known === undefined ? node : mergeKeys(known, node);
    }
    return merged;
  }
  return left === right ? left : "any";
}

/** The table of a default `{}`. */
function isNameless(table: KeyTable): boolean {
  return Object.keys(table).every((key) => key === OTHERS);
}

/** A path as people write it: `a.b`, and `a."b.c"` for a key with a dot. */
export function writePath(path: readonly string[]): string {
  return path.map((key) => (/[.[\]"]/.test(key) ? JSON.stringify(key) : key)).join(".");
}
