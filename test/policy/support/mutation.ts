import type { RuleContext } from "../../../policy/context";
import { judgeAll } from "../../../policy/judge";
import { type RecordedResource, recordedFacts } from "../../../policy/recorded";
import type { Rule } from "../../../policy/rule";
import { type Break, targetsOf } from "./breaks";
import { setAt, unsetAt } from "./pointer";

/** One field of one resource of a recorded stack, broken. */
export interface Mutation {
  /** Place of the record in the stack; names may occur twice, once a type. */
  readonly index: number;
  /** Type and name. */
  readonly resource: string;
  /** JSON pointer into the record. */
  readonly place: string;
  readonly broken: Break;
}

export interface Outcome {
  readonly mutation: Mutation;
  /** Ids of all rules that report something. */
  readonly caught: readonly string[];
}

/** Every known break of every resource of the stack; those that change nothing are left out. */
export function mutations(resources: readonly RecordedResource[]): readonly Mutation[] {
  const facts = recordedFacts(resources);
  return resources.flatMap((record, index) =>
    targetsOf(facts[index]!).flatMap(({ at, breaks }) =>
      breaks
        .map((broken) => ({
          index,
          resource: `${record.type}::${record.name}`,
          place: pointerOf(at, broken.field),
          broken,
        }))
        .filter(({ place, broken }) => broken.value !== undefined || has(record, place)),
    ),
  );
}

function pointerOf(at: readonly (string | number)[], field: string): string {
  const own = field.split(".");
  const keys = own[0] === "options" || own[0] === "hidden" ? own : [...at, ...own];
  return keys.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function has(record: unknown, place: string): boolean {
  const keys = place.split("/").slice(1);
  const value = keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], record);
  return value !== undefined;
}

/**
 * Breaks the stack in one field at a time and asks every rule. The good stack itself must be without findings: what is
 * reported is then the mutation's doing.
 */
export function runMutations(
  resources: readonly RecordedResource[],
  rules: readonly Rule[],
  context: RuleContext,
): readonly Outcome[] {
  const before = report(resources, rules, context);
  if (before.length > 0) throw new Error(`The good stack is not good: ${before.join(", ")}.`);
  return mutations(resources).map((mutation) => {
    const changed = resources.map((record, index) => {
      if (index !== mutation.index) return record;
      const copy = structuredClone(record);
      if (mutation.broken.value === undefined) unsetAt(copy, mutation.place);
      else setAt(copy, mutation.place, structuredClone(mutation.broken.value));
      return copy;
    });
    return { mutation, caught: report(changed, rules, context) };
  });
}

/** The mutations that the expected rule did not report, as lines. */
export function escaped(outcomes: readonly Outcome[]): readonly string[] {
  return outcomes
    .filter(({ mutation, caught }) => !caught.includes(mutation.broken.rule))
    .map(
      ({ mutation: { resource, place, broken }, caught }) =>
        `${broken.rule} missed ${resource}${place} = ${JSON.stringify(broken.value)}; reported by [${caught.join(", ")}]`,
    );
}

function report(
  resources: readonly RecordedResource[],
  rules: readonly Rule[],
  context: RuleContext,
): readonly string[] {
  const found = judgeAll(rules, recordedFacts(resources), context).filter(
    ({ finding }) => !finding.notJudged,
  );
  return [...new Set(found.map(({ rule }) => rule.id))];
}
