import assert from "node:assert/strict";
import type { CustomResource } from "@pulumi/pulumi";

export type Operation = "create" | "update" | "replace" | "same" | "read";

/** What the program sees of one output property. */
export interface Seen {
  known: boolean;
  secret: boolean;
  value: unknown;
}

/** What the engine and the program saw of one resource in one run. */
export interface Observation {
  operation: Operation | undefined;
  /** Property paths of the provider's diff. */
  changed: string[];
  outputs: Map<string, Seen>;
  /** Errors attached to the resource. */
  errors: string[];
  warnings: string[];
}

export type Matcher = string | number | boolean | RegExp | object | undefined | ((value: unknown) => void);

export interface Expectation {
  operation?: Operation;
  outputs?: Record<string, Matcher>;
  /** Outputs that must be secret, and outputs that must not. */
  secret?: readonly string[];
  clear?: readonly string[];
  /** Outputs that a preview of this round must know, and those it must not. */
  known?: readonly string[];
  unknown?: readonly string[];
  /** Paths that the diff must name, no more and no less. */
  changed?: readonly string[];
  /** A text of the error that the round must end with for this resource. */
  error?: string | RegExp;
  warning?: RegExp;
}

export interface Round extends Expectation {
  make: (name: string) => CustomResource;
  /** A look at the world right after the round, and what it must show. */
  probe?: () => unknown;
  probed?: Matcher;
}

/** One row of the contract: a resource, round by round. In a round that it has no entry for, it stays as it was. */
export interface ContractCase {
  name: string;
  rounds: readonly Round[];
  /** A look at the world after the resource has been deleted, and what it must show. */
  deleted?: { probe: () => unknown; probed: Matcher };
}

export function checkPreview(expected: Expectation, seen: Observation): void {
  for (const name of expected.known ?? [])
    assert.ok(output(seen, name).known, `${name} is unknown in the preview`);
  for (const name of expected.unknown ?? [])
    assert.ok(!output(seen, name).known, `${name} is known in the preview`);
  if (expected.operation !== undefined)
    assert.equal(seen.operation, expected.operation, "operation of the preview");
}

export function checkRun(expected: Expectation, seen: Observation): void {
  if (expected.error !== undefined) {
    const all = seen.errors.join("\n");
    if (typeof expected.error === "string") assert.ok(all.includes(expected.error), `the error was: ${all}`);
    else assert.match(all, expected.error);
    return;
  }
  assert.deepEqual(seen.errors, [], "errors");
  if (expected.operation !== undefined) assert.equal(seen.operation, expected.operation, "operation");
  if (expected.changed)
    assert.deepEqual([...seen.changed].sort(), [...expected.changed].sort(), "changed paths");
  if (expected.warning) assert.match(seen.warnings.join("\n"), expected.warning);
  for (const [name, matcher] of Object.entries(expected.outputs ?? {}))
    match(name, output(seen, name).value, matcher);
  for (const name of expected.secret ?? []) assert.ok(output(seen, name).secret, `${name} is not secret`);
  for (const name of expected.clear ?? []) assert.ok(!output(seen, name).secret, `${name} is secret`);
}

function output(seen: Observation, name: string): Seen {
  const found = seen.outputs.get(name);
  assert.ok(found, `no output ${name}; there are ${[...seen.outputs.keys()].join(", ")}`);
  return found;
}

export function match(name: string, value: unknown, matcher: Matcher): void {
  if (matcher instanceof RegExp) assert.match(String(value), matcher, name);
  else if (typeof matcher === "function") matcher(value);
  else assert.deepEqual(value, matcher, name);
}
