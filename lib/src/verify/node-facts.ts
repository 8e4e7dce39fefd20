/** What cli/verify/scripts/node-facts.sh printed of one node: every value of a name, in order. */
export type NodeFacts = ReadonlyMap<string, readonly string[]>;

/**
 * Reads lines of `name<TAB>value`. Anything else is left out, because a login shell may print a greeting, and so is a fact
 * without a value: it could not be read.
 */
export function parseNodeFacts(text: string): NodeFacts {
  const facts = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const tab = line.indexOf("\t");
    if (tab <= 0) continue;
    const name = line.slice(0, tab);
    const value = line.slice(tab + 1).trim();
    if (value !== "") facts.set(name, [...(facts.get(name) ?? []), value]);
  }
  return facts;
}
