import type { ResourceFacts } from "./facts";
import { type Field, type Value, hasUnknown } from "./field";
import type { RuleContext } from "./context";

export type Severity = "low" | "medium" | "high" | "critical";
export type Level = "advisory" | "mandatory" | "remediate" | "disabled";

/** Where the rule comes from or what it stands against. */
export interface Frameworks {
  /** Kubernetes Pod Security Standards. */
  readonly pss?: "baseline" | "restricted";
  /** CIS Kubernetes Benchmark, recommendation numbers. */
  readonly cis?: readonly string[];
  /** OWASP Kubernetes Top Ten 2025. */
  readonly owasp?: readonly OwaspRisk[];
  /** MITRE ATT&CK for Containers, technique numbers. */
  readonly attack?: readonly string[];
}
export type OwaspRisk = `K${"01" | "02" | "03" | "04" | "05" | "06" | "07" | "08" | "09" | "10"}`;

/** What a rule found: a broken field, or a field that a preview cannot know yet. */
export interface Finding {
  /** The field, for example `.connection.hostKey`; empty for the resource as a whole. */
  readonly path: string;
  /** What is wrong, without the value where the value may be secret. */
  readonly message: string;
  readonly notJudged?: true;
  /** The resource, where a stack rule means one of many. */
  readonly urn?: string;
}

export type ResourceCheck = (resource: ResourceFacts, context: RuleContext) => readonly Finding[];
export type StackCheck = (resources: readonly ResourceFacts[], context: RuleContext) => readonly Finding[];
/** Paths of inputs to be wrapped as secrets, or undefined when there are none. */
export type Remedy = (resource: ResourceFacts, context: RuleContext) => readonly SafeDefault[];
/** A change that is always right: wrap the input as a secret, or set a value where there is none. */
export type SafeDefault =
  { readonly key: string; readonly secret: true } | { readonly key: string; readonly value: Value };

export interface Rule {
  /** Letter and two digits, as in docs/policies.md. */
  readonly id: string;
  /** Kebab case, the rest of the file's name. */
  readonly name: string;
  readonly severity: Severity;
  /** What must hold, in one sentence. */
  readonly what: string;
  /** What happens otherwise. */
  readonly why: string;
  /** How to repair a violation. */
  readonly remediation: string;
  /** Documentation of the thing that is checked. */
  readonly url: string;
  readonly frameworks: Frameworks;
  /** What the rule cannot see, or waits for; shown in docs/policies.md. */
  readonly note?: string;
  /** Level without an entry in the stage's file. */
  readonly level: Level;
  /** Judged resource by resource, before the resource is touched. */
  readonly resource?: ResourceCheck;
  /** Judged over the whole stack, at the end of the preview or the update. */
  readonly stack?: StackCheck;
  /** Judged over recorded resources in the tests, because the engine hides what it needs. */
  readonly recorded?: ResourceCheck;
  /** Repairs the inputs before they are judged. */
  readonly remedy?: Remedy;
}

export const violation = (field: Field, message: string): Finding => ({ path: field.path, message });

export const notJudged = (field: Field): Finding => ({
  path: field.path,
  message: "is not known at preview",
  notJudged: true,
});

/** One finding when the test fails, a "not judged" when any part of the value is unknown. */
export function must(
  field: Field,
  test: (value: Value | undefined) => boolean,
  message: string,
): readonly Finding[] {
  if (hasUnknown(field.value)) return [notJudged(field)];
  return test(field.value) ? [] : [violation(field, message)];
}

/** Judges the elements of an array one by one; an unknown array is not judged. */
export function each(field: Field, check: (item: Field) => readonly Finding[]): readonly Finding[] {
  if (typeof field.value === "symbol") return [notJudged(field)];
  return field.items.flatMap(check);
}

/** Runs the check only if all fields it compares are known. */
export function whenKnown(fields: readonly Field[], check: () => readonly Finding[]): readonly Finding[] {
  const unknown = fields.filter((field) => !field.known);
  return unknown.length > 0 ? unknown.map(notJudged) : check();
}

/** Judges the values of an object one by one; an unknown object is not judged. */
export function eachEntry(
  field: Field,
  check: (key: string, value: Field) => readonly Finding[],
): readonly Finding[] {
  if (typeof field.value === "symbol") return [notJudged(field)];
  return field.entries.flatMap(([key, value]) => check(key, value));
}
