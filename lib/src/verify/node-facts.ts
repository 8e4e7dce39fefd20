/** What cli/verify/scripts/node-facts.sh printed of one node: every value of a name, in order. */
export type NodeFacts = ReadonlyMap<string, readonly string[]>;

/** Reads lines of `name<TAB>value`; anything else is left out, because a login shell may print a greeting. */
export function parseNodeFacts(text: string): NodeFacts {
  const facts = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const tab = line.indexOf("\t");
    if (tab <= 0) continue;
    const name = line.slice(0, tab);
    facts.set(name, [...(facts.get(name) ?? []), line.slice(tab + 1).trim()]);
  }
  return facts;
}
