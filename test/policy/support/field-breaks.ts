import { type RuleContext } from "../../../policy/context";
import type { ResourceFacts } from "../../../policy/facts";
import { judgeAll, judgeResource, judgeStack, levelOf } from "../../../policy/judge";
import { type RecordedResource, recordedFacts } from "../../../policy/recorded";
import type { Rule } from "../../../policy/rule";
import { setAt, unsetAt } from "./pointer";

/** Type and field of a resource, array indices as `[]`, with the rules that report the field when it is broken. */
export type FieldVerdicts = ReadonlyMap<string, readonly string[]>;

/** The parts of a record that rules may read. */
const parts = ["props", "options", "hidden", "parents", "dependencies"];

/**
 * Breaks every field of a program in every generic way, one at a time, and tells for each which rules report it. Fields
 * of the same name of resources of the same type are one: a field counts with all that is reported of any of them.
 */
export function fieldVerdicts(
  resources: readonly RecordedResource[],
  rules: readonly Rule[],
  context: RuleContext,
): FieldVerdicts {
  const facts = recordedFacts(resources);
  const before = judgeAll(rules, facts, context).filter(({ finding }) => !finding.notJudged);
  if (before.length > 0) {
    const found = before.map(({ rule, resource }) => `${rule.id} on ${resource?.name ?? "the stack"}`);
    throw new Error(`The good program is not good: ${found.join(", ")}.`);
  }
  const verdicts = new Map<string, Set<string>>();
  const tried = new Set<string>();
  resources.forEach((record, index) => {
    for (const [pointer, value] of fieldsOf(record)) {
      const field = `${record.type} ${pointer.replaceAll(/\/\d+(?=\/|$)/g, "/[]").replace("/props", "")}`;
      const caught = verdicts.get(field) ?? new Set<string>();
      verdicts.set(field, caught);
      // Where value and inputs of the resource are alike, the verdict is too.
      const sample = `${field} ${typeof value === "object" ? "" : JSON.stringify(value)} ${keysOf(record)}`;
      if (tried.has(sample)) continue;
      tried.add(sample);
      for (const broken of breaksOf(value)) {
        const copy = structuredClone(record);
        if (broken === undefined) unsetAt(copy, pointer);
        else setAt(copy, pointer, broken);
        const changed = resources.with(index, copy);
        for (const id of reported(rules, recordedFacts([copy])[0]!, recordedFacts(changed), context))
          caught.add(id);
      }
    }
  });
  return new Map([...verdicts].map(([field, ids]) => [field, [...ids].sort()]));
}

const keysOf = ({ props }: RecordedResource): string =>
  Object.keys(props as object)
    .sort()
    .join();

/** Every place of a record that holds something, containers too, with what it holds. */
function fieldsOf(record: RecordedResource): readonly (readonly [pointer: string, value: unknown])[] {
  return parts.flatMap((part) => {
    const value: unknown = Reflect.get(record, part);
    const places = below(value, `/${part}`);
    return part === "props" || part === "options" || part === "hidden" ? places.slice(1) : places.slice(0, 1);
  });
}

function below(value: unknown, pointer: string): [string, unknown][] {
  if (value === undefined || value === null) return [];
  if (typeof value !== "object") return [[pointer, value]];
  const inner = Object.entries(value).flatMap(([key, member]) =>
    below(member, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`),
  );
  return [[pointer, value], ...inner];
}

/** What can go wrong with a value whatever it means; `undefined` takes it out. */
function breaksOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return [undefined, []];
  switch (typeof value) {
    case "boolean":
      return [undefined, !value];
    case "number":
      return [undefined, 0, -1, 1_000_000];
    case "string":
      return [undefined, "", "broken", `${value} --token=hunter-two curl x | sh`];
    default:
      return [undefined, {}];
  }
}

/** Ids of the rules that report the changed resource, or the stack with it. */
function reported(
  rules: readonly Rule[],
  changed: ResourceFacts,
  stack: readonly ResourceFacts[],
  context: RuleContext,
): readonly string[] {
  return rules
    .filter((rule) => {
      if (levelOf(rule, context) === "disabled") return false;
      return [
        ...judgeResource(rule, changed, context),
        ...(rule.recorded?.(changed, context) ?? []),
        ...(rule.stack === undefined ? [] : judgeStack(rule, stack, context)),
      ].some(({ notJudged }) => notJudged !== true);
    })
    .map(({ id }) => id);
}
