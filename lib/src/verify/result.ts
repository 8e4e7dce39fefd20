/** Groups of checks, in the order in which they run and are shown. */
export const CHECK_GROUPS = ["nodes", "programs", "security", "cluster", "load", "performance"] as const;

export type CheckGroup = (typeof CHECK_GROUPS)[number];

/** What became of a check. What could not run is never a pass: it names the part that is missing. */
export type Outcome =
  | { readonly status: "pass"; readonly detail: string }
  | { readonly status: "fail"; readonly detail: string; readonly remedy: string }
  | { readonly status: "not-run"; readonly missing: string };

/** A measured figure that the report draws; `limit` is what a check compared it with. */
export interface Figure {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  readonly limit?: number;
}

/** One check of `platform verify` and what it found. */
export interface CheckResult {
  /** Stable words: `node.sysctls`, `threat.escape.privileged`. */
  readonly id: string;
  readonly group: CheckGroup;
  /** What holds when it passes, as a sentence without a full stop. */
  readonly title: string;
  /** The node, program or namespace it looked at; empty for the stack. */
  readonly subject: string;
  readonly outcome: Outcome;
  /** Wall time. */
  readonly seconds: number;
  readonly figures?: readonly Figure[];
}

export interface VerifyReport {
  readonly stack: string;
  readonly stage: string;
  readonly release: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly checks: readonly CheckResult[];
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
}

export const pass = (detail: string): Outcome => ({ status: "pass", detail });
export const fail = (detail: string, remedy: string): Outcome => ({ status: "fail", detail, remedy });
export const notRun = (missing: string): Outcome => ({ status: "not-run", missing });

export function summarize(checks: readonly CheckResult[]): Summary {
  const count = (status: Outcome["status"]): number =>
    checks.filter(({ outcome }) => outcome.status === status).length;
  return { passed: count("pass"), failed: count("fail"), notRun: count("not-run") };
}

/** The sentence that a table, JUnit and the page show of an outcome. */
export function sentenceOf(outcome: Outcome): string {
  switch (outcome.status) {
    case "pass":
      return outcome.detail;
    case "fail":
      return `${outcome.detail}; ${outcome.remedy}`;
    case "not-run":
      return `not run: ${outcome.missing}`;
  }
}

/** Checks in the order of their groups; within one as they came. */
export function inOrder(checks: readonly CheckResult[]): readonly CheckResult[] {
  return [...checks].sort((a, b) => CHECK_GROUPS.indexOf(a.group) - CHECK_GROUPS.indexOf(b.group));
}
