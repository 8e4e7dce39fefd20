import { nearest } from "../nearest";
import type { Metric } from "./list";

/** A metric that a query asks for, with the labels it selects by. */
export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

export interface QueryNames {
  readonly selectors: readonly Selector[];
  /** Labels of `by`, `on`, `group_left` and `group_right`. */
  readonly grouping: readonly string[];
}

/** Labels that Prometheus gives to what it reads from a target found in Kubernetes, and to every alert. */
const TARGET_LABELS = ["job", "instance", "namespace", "pod", "service", "endpoint", "container"];
const TOKEN =
  /\s+|#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|\[[^\]]*\]|[A-Za-z_:][\w:]*|[0-9][\w.]*|[=!]~|[=!<>]=|./gsy;
const LABEL_LISTS = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"]);
const AGGREGATED = new Set(["by", "without"]);
const WORDS = new Set(["and", "or", "unless", "offset", "bool", "inf", "nan", "atan2"]);

/**
 * The names in a PromQL expression. It finds names and judges no grammar: that an expression is well-formed is for
 * Prometheus' own parser to say. Throws for a selector without a name, which nothing could be checked about.
 */
export function queryNames(expression: string): QueryNames {
  const tokens = [...expression.matchAll(TOKEN)]
    .map(([token]) => token)
    .filter((token) => !/^(\s|#)/.test(token));
  const selectors: Selector[] = [];
  const grouping: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? "";
    const next = tokens[at + 1];
    const word = token.toLowerCase();
    if (token === "{")
      throw new Error(`The query ${expression} selects series without naming their metric; name it.`);
    if (!/^[A-Za-z_:]/.test(token) || WORDS.has(word)) continue;
    if (LABEL_LISTS.has(word)) {
      if (next !== "(") continue;
      const end = tokens.indexOf(")", at);
      if (word !== "without" && word !== "ignoring")
        grouping.push(...tokens.slice(at + 2, end).filter((each) => each !== ","));
      at = end;
    } else if (next === "{") {
      const end = tokens.indexOf("}", at);
      selectors.push({ metric: token, labels: matchers(tokens.slice(at + 2, end)) });
      at = end;
    } else if (next !== "(" && !AGGREGATED.has(next?.toLowerCase() ?? "")) {
      selectors.push({ metric: token, labels: [] });
    }
  }
  return { selectors, grouping };
}

/** A label stands before each operator. */
function matchers(tokens: readonly string[]): string[] {
  return tokens.filter((_, at) => ["=", "!=", "=~", "!~"].includes(tokens[at + 1] ?? ""));
}

/** What a query names that no list has, one sentence each; `lists` by name of metric. */
export function queryFaults(expression: string, lists: ReadonlyMap<string, Metric>): string[] {
  const { selectors, grouping } = queryNames(expression);
  const faults: string[] = [];
  const there = new Set(TARGET_LABELS);
  for (const { metric, labels } of selectors) {
    const known = lists.get(metric);
    if (known === undefined) {
      const meant = nearest(metric, [...lists.keys()]);
      faults.push(
        `no product's list has the metric ${metric}${meant === undefined ? "" : `; did you mean ${meant}`}`,
      );
      continue;
    }
    for (const label of known.labels) there.add(label);
    for (const label of labels) {
      if (TARGET_LABELS.includes(label) || known.labels.includes(label)) continue;
      faults.push(`${metric} has no label ${label}; it has ${known.labels.join(", ") || "none of its own"}`);
    }
  }
  for (const label of grouping)
    if (!there.has(label)) faults.push(`no metric of the query has the label ${label}`);
  return faults;
}
