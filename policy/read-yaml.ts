import { Composer, type CST, type Document, LineCounter, Parser, type Tags, isCollection, visit } from "yaml";
import { type Value, isMap } from "./field";

/** One document of a YAML text. */
export interface YamlDocument {
  readonly value: Value;
  /** Line of its first key, from 1. */
  readonly line: number;
}

/** Beyond it the composer, which calls itself for every level, runs out of stack; Kubernetes objects have about 20. */
const deepest = 100;

/**
 * Every document of a text, read as the API server's clients read it: YAML 1.1, in which `yes` is true and `<<` merges.
 * Read in any other way, `privileged: yes` would be a word here and true in the cluster. JSON is YAML. Throws one
 * error that names file and line of the first thing that is wrong or that two readers could take in two ways.
 */
export function readYaml(text: string, file: string): readonly YamlDocument[] {
  const fail = (line: number, reason: string): never => {
    throw new Error(`Reading ${file} as YAML failed in line ${line}: ${reason}`);
  };
  const lines = new LineCounter();
  const lineOf = (offset: number): number => lines.linePos(offset).line;
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  for (const token of tokens) {
    if (token.type === "directive" && !/^%YAML\s+1\.1\s*$/.test(token.source))
      fail(lineOf(token.offset), `the directive ${token.source.trim()} is not taken; leave it out`);
    const deep = tooDeep(token);
    if (deep !== undefined)
      fail(lineOf(deep), `there are more than ${deepest} levels of lists and maps inside each other`);
  }
  const composer = new Composer({ version: "1.1", customTags: asKubernetes, lineCounter: lines });
  return [...composer.compose(tokens)].map((document: Document.Parsed) => {
    const problem = [...document.errors, ...document.warnings][0];
    if (problem !== undefined) fail(lineOf(problem.pos[0]), problem.message.split(/ at line |\n/)[0] ?? "");
    visit(document, {
      Pair: (_, { key }) => {
        if (isCollection(key))
          fail(
            lineOf(key.range?.[0] ?? 0),
            "a map's key is a list or a map, as in a template that is not rendered",
          );
      },
    });
    const line = lineOf(document.contents?.range[0] ?? 0);
    return { value: plain(document, (reason) => fail(line, reason)), line };
  });
}

/** Times, base-60 numbers and binary parts are text for Kubernetes' readers, or have no JSON form. */
function asKubernetes(tags: Tags): Tags {
  const others = new Set(["timestamp", "binary", "omap", "pairs", "set"]);
  return tags.filter(
    (tag) =>
      typeof tag !== "object" || !(others.has(tag.tag.split(":").at(-1) ?? "") || tag.format === "TIME"),
  );
}

/** Where the token goes beyond the deepest level; a loop, because the text may have any number of levels. */
function tooDeep(root: CST.Token): number | undefined {
  const open: { token: CST.Token; depth: number }[] = [{ token: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > deepest) return token.offset;
    if (token.type === "document" && token.value) open.push({ token: token.value, depth });
    if (!("items" in token)) continue;
    for (const { key, value } of token.items as readonly CST.CollectionItem[]) {
      if (key) open.push({ token: key, depth: depth + 1 });
      if (value) open.push({ token: value, depth: depth + 1 });
    }
  }
  return undefined;
}

function plain(document: Document.Parsed, fail: (reason: string) => never): Value {
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // What the library says of an anchor that is repeated without end.
    if (error instanceof ReferenceError) return fail(error.message);
    throw error;
  }
  if (containsItself(value, new Set())) return fail("an anchor stands inside itself");
  return value as Value;
}

function containsItself(value: unknown, around: Set<object>): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (around.has(value)) return true;
  around.add(value);
  const members: readonly unknown[] = isMap(value as Value) ? Object.values(value) : (value as unknown[]);
  const found = members.some((member) => containsItself(member, around));
  around.delete(value);
  return found;
}
