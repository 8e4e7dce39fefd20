import assert from "node:assert/strict";
import { type RunResult, tail } from "./run.js";

export interface Refusal {
  /** Exit status of `platform`; see docs/engine.md. Default 1. */
  readonly code?: number;
  /** Seconds within which the run must have ended. */
  readonly seconds: number;
  /** What the one sentence must name: node (or this machine), cause, remedy. */
  readonly names: readonly RegExp[];
  /** A compiler's or verifier's own lines may follow the sentence. Default false. */
  readonly quotes?: boolean;
}

/** The run ended in time, with its status, and its last words are one sentence that names all of it; returns that. */
export function assertRefused(
  result: RunResult,
  { code = 1, seconds, names, quotes = false }: Refusal,
): string {
  assert.equal(result.code, code, tail(result));
  assert.ok(result.seconds < seconds, `took ${result.seconds.toFixed(1)} s, the limit is ${seconds} s`);
  const at = result.stderr.search(/^platform: /m);
  assert.notEqual(at, -1, `no last word on standard error: ${tail(result)}`);
  const [, ...problems] = result.stderr.slice(at).trimEnd().split("\n  - ");
  assert.equal(problems.length, 1, `not exactly one problem: ${tail(result)}`);
  const [sentence = "", ...more] = (problems[0] ?? "").split("\n");
  for (const name of names) assert.match(sentence, name);
  assert.match(sentence, /[\w']\.?$/, "a whole sentence");
  assert.ok(quotes || more.length === 0, `more than one line: ${(problems[0] ?? "").slice(0, 2000)}`);
  assert.doesNotMatch(result.stderr, /^ {4}at .*:\d+:\d+/m, "no stack trace");
  return sentence;
}
