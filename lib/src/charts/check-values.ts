import { nearest } from "../nearest";
import { exceptions } from "./exceptions";
import { isTable, OTHERS, writePath, type ChartKeys, type KeyNode, type KeyTable } from "./key-tree";
import { kubernetesShape } from "./kubernetes-shapes";
import { isValues, type ChartValues } from "./merge-values";

/** One key of values that its chart would ignore or misread. */
export interface ValueProblem {
  readonly path: readonly string[];
  /** What is wrong and what was probably meant, as the second half of a sentence. */
  readonly fix: string;
}

/**
 * Every key of the values that the chart does not know, and every value of another kind than the chart's own. Most charts
 * ignore an unknown key without a word. Not judged: what stands under an open table or inside a list.
 */
export function checkValues(chart: ChartKeys, values: ChartValues): ValueProblem[] {
  const excepted = new Map(
    exceptions.filter((each) => each.chart === chart.chart).map(({ path, keys }) => [path, keys]),
  );
  return checkTable(chart.keys, values, { path: [], chart, excepted });
}

interface Place {
  readonly path: readonly string[];
  readonly chart: ChartKeys;
  readonly excepted: ReadonlyMap<string, KeyTable>;
}

function checkTable(table: KeyTable, values: ChartValues, place: Place): ValueProblem[] {
  const keys = tableAt(table, place);
  return Object.entries(values).flatMap(([key, value]) => {
    const path = [...place.path, key];
    const node = Object.hasOwn(keys, key) && key !== OTHERS ? keys[key] : undefined;
    if (node !== undefined) return checkNode(shaped(key, node), value, { ...place, path });
    if (OTHERS in keys) return [];
    return [{ path, fix: unknown(key, keys, place) }];
  });
}

/** The table with what is listed of it: other keys than its own where it is open, and more where it is closed. */
function tableAt(table: KeyTable, { path, excepted }: Place): KeyTable {
  const listed = excepted.get(writePath(path));
  if (listed === undefined) return table;
  return OTHERS in table ? listed : { ...table, ...listed };
}

function checkNode(node: KeyNode, value: unknown, place: Place): ValueProblem[] {
  // Null takes a default away, which any key allows.
  if (node === "any" || value === null || value === undefined) return [];
  if (isTable(node)) {
    if (isValues(value)) return checkTable(node, value, place);
    return [{ path: place.path, fix: `is a table in the chart; write its keys under it` }];
  }
  const kind = isValues(value) ? "table" : Array.isArray(value) ? "list" : "scalar";
  if (kind === node) return [];
  return [{ path: place.path, fix: `is a ${kind}, and the chart has a ${words[node]} there` }];
}

const words = { scalar: "text, number or flag", list: "list" } as const;

/** What the chart leaves open and Kubernetes does not. */
function shaped(key: string, node: KeyNode): KeyNode {
  const open = node === "any" || (isTable(node) && OTHERS in node);
  return open ? (kubernetesShape(key) ?? node) : node;
}

function unknown(key: string, keys: KeyTable, { path, chart }: Place): string {
  const meant = nearest(key, Object.keys(keys)) ?? elsewhere(key, chart.keys);
  const known = `chart ${chart.chart} ${chart.version} has no such key`;
  if (meant === undefined) return `${known}; remove it`;
  const full = meant.includes(".") ? meant : writePath([...path, meant]);
  return `${known}; did you mean ${full}`;
}

/** The one other place where the chart has a key of that name: a path that moved is the commonest slip of all. */
function elsewhere(key: string, keys: KeyTable): string | undefined {
  const found: string[] = [];
  const search = (table: KeyTable, path: readonly string[]): void => {
    for (const [name, node] of Object.entries(table)) {
      if (name === key) found.push(writePath([...path, name]));
      if (isTable(node)) search(node, [...path, name]);
    }
  };
  search(keys, []);
  return found.length === 1 ? found[0] : undefined;
}
