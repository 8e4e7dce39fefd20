import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Node, type Pair } from "yaml";
import { OTHERS, isTable, type KeyNode, type KeyTable } from "./key-tree";

/** A key of the text in its place: real keys as YAML has them, commented ones as they would stand without the `#`. */
interface Place {
  readonly line: number;
  readonly column: number;
  readonly key: string;
  /** The table of a real key's children; undefined for any other value. */
  readonly children?: MutableTable;
  readonly commented: boolean;
}
type MutableTable = Record<string, KeyNode>;

/**
 * The keys of a chart's `values.yaml`: those with a default, and those that only stand in comments as an example of what
 * may be set. Throws when the text is no YAML.
 */
export function keysOfValues(text: string): KeyTable {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false });
  const [problem] = document.errors;
  if (problem) throw new Error(`values.yaml is no YAML: ${problem.message.split("\n")[0] ?? ""}`);
  const places: Place[] = [];
  const opaque = new Set<number>();
  const root: MutableTable = {};
  const fill = (map: Node | null, into: MutableTable): void => {
    if (!isMap(map)) return;
    for (const pair of map.items) {
      const key = keyOf(pair);
      if (key === "<<" || !isScalar(pair.key) || !pair.key.range) continue;
      const node = nodeOf(pair.value as Node | null);
      const { line, col } = lines.linePos(pair.key.range[0]);
      into[key] = node;
      places.push({
        line,
        column: col,
        key,
        commented: false,
        ...(isTable(node) && { children: node }),
      });
      if (isTable(node) && !(OTHERS in node)) fill(pair.value as Node, node);
    }
  };
  fill(document.contents, root);
  // Lines inside texts and lists hold no keys of the chart.
  visit(document, {
    Scalar: (_key, node) => (node.range ? markLines(opaque, lines, node.range) : undefined),
    Seq: (_key, node) => (node.range ? markLines(opaque, lines, node.range) : undefined),
  });
  addCommented(text, places, opaque, root);
  return root;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : "";
}

function nodeOf(value: Node | null): KeyNode {
  if (isMap(value)) return value.items.length === 0 ? { [OTHERS]: "any" } : {};
  if (isSeq(value)) return "list";
  return isScalar(value) && value.value !== null ? "scalar" : "any";
}

/** The lines after the first of a node that spans several. */
function markLines(opaque: Set<number>, lines: LineCounter, [start, end]: readonly [number, number, number]): void {
  const last = lines.linePos(Math.max(start, end - 1)).line;
  for (let line = lines.linePos(start).line + 1; line <= last; line++) opaque.add(line);
}

/** Prose begins with a capital (`# Note: …`), keys of charts do not. */
const commentedKey = /^( *)# ?( *)("[^"]+"|[a-z_][\w./-]*):(?: |$)/;

/** Adds keys that stand in comments to the table they would belong to, found by their column. */
function addCommented(text: string, places: Place[], opaque: ReadonlySet<number>, root: MutableTable): void {
  let annotation = false;
  text.split("\n").forEach((line, index) => {
    // Schema annotations stand between two such marks and speak of the key below them.
    if (/^ *# @schema *$/.test(line)) annotation = !annotation;
    const match = annotation || opaque.has(index + 1) ? null : commentedKey.exec(line);
    if (match === null) return;
    const [, before = "", after = "", key = ""] = match;
    places.push({
      line: index + 1,
      column: before.length + after.length + 1,
      key: key.replaceAll('"', ""),
      commented: true,
    });
  });
  places.sort((a, b) => a.line - b.line);
  const above: Place[] = [];
  for (const place of places) {
    while ((above.at(-1)?.column ?? 0) >= place.column) above.pop();
    const parent = above.at(-1);
    const table = parent === undefined ? root : parent.children;
    above.push(place);
    if (!place.commented || table === undefined || OTHERS in table) continue;
    table[place.key] ??= "any";
  }
}
