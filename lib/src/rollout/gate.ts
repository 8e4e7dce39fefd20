import type { DoseStep, StagePlan } from "./plan";
import type { Verdict } from "./verdict";

/**
 * What must hold before a stage's next exposure. Numbers and their origin: docs/gates.md. Queries are PromQL with
 * these marks: `$candidate` and `$control` (label matchers of the two arms), `$window` (a duration such as `300s`),
 * `$value` (the time of one value of a comparison) and `born(<selector>)` (see `bornSafe`).
 */
export interface GateFile {
  readonly schema: 1;
  readonly stage: StagePlan["stage"];
  readonly time: GateTime;
  readonly errors: ErrorRule;
  /** Exposures of the stage in order; WireGuard and Vault injection come at dose 100. */
  readonly steps: readonly DoseStep[];
  readonly signals: readonly Signal[];
}

/** The time scale: everything that lasts, in whole seconds, so that a test can run the same gate faster. */
export interface GateTime {
  /** Time between two scrapes. */
  readonly scrapeSeconds: number;
  /** One window; at least four scrapes. */
  readonly windowSeconds: number;
  /** Time between two values of a comparison; long enough that they depend little on each other. */
  readonly valueSeconds: number;
  /** Windows after an exposure whose samples are not judged. */
  readonly warmupWindows: number;
  /** Least number of windows before a step passes. */
  readonly windows: number;
  /** Longest time a step may go without a verdict, from its first window. */
  readonly holdSeconds: number;
  /** Least time between a stage's last exposure and a promotion to the next stage. */
  readonly soakSeconds: number;
}

/** When errors are too many; the same rule for every signal of kind `errors`. */
export interface ErrorRule {
  /** Largest share of errors, for instance 0.01. */
  readonly limit: number;
  /** Least requests of a window that counts. */
  readonly minimumSample: number;
  /** Least requests of all windows together before a step passes. */
  readonly passSample: number;
}

/** How a value is compared: the signal is good while `value <op> limit`. */
export interface Comparison {
  readonly op: (typeof OPERATORS)[number];
  readonly value: number;
}
export const OPERATORS = ["<=", "<", ">=", ">", "==", "!="] as const;

interface SignalBase {
  /** Short and unique, as in the guide: `S1`. */
  readonly id: string;
  readonly title: string;
  /** A critical signal decides; an advisory one only adds a note. */
  readonly critical: boolean;
  /** What no sample means. PASS is no choice: what was not seen is not good. */
  readonly noData: Exclude<Verdict, "PASS" | "ERROR">;
}

/** Whether the sensors live: where it does not hold, every other signal is NODATA. Critical always. */
export interface HeartbeatSignal extends SignalBase {
  readonly kind: "heartbeat";
  readonly query: string;
  readonly expect: Comparison;
}

/** A share of failed requests, as two counts. */
export interface ErrorsSignal extends SignalBase {
  readonly kind: "errors";
  readonly errors: string;
  readonly requests: string;
}

/** One number with a limit. */
export interface ThresholdSignal extends SignalBase {
  readonly kind: "threshold";
  readonly query: string;
  readonly expect: Comparison;
  /** What a breach means: INCONCLUSIVE for a sensor that lost events and so cannot be believed. */
  readonly breach: "FAIL" | "INCONCLUSIVE";
}

/** Candidate against control in the same minutes, or against a recorded baseline where no control is left. */
export interface ComparisonSignal extends SignalBase {
  readonly kind: "comparison";
  readonly candidate: string;
  readonly control: string;
  /** Which way is worse. */
  readonly worse: "higher" | "lower";
  /** Ratio of means (candidate by control) beyond which a difference matters: 1.1 for higher, 0.95 for lower. */
  readonly ratio: number;
  /** Confidence of the two-sided Mann-Whitney test, for instance 0.98. */
  readonly confidence: number;
  /** Least values of each arm. */
  readonly minimumSample: number;
  /** Limit of the candidate's mean when there is no control any more, in the query's unit. */
  readonly absolute: number;
}

export type Signal = HeartbeatSignal | ErrorsSignal | ThresholdSignal | ComparisonSignal;

/** Numbers of the error rule that are no choice of a gate file. */
export const ERROR_RULE = {
  /** Least requests for failing at once. */
  fastSample: 50,
  /** Failing at once: so many errors come by chance, at the limit, less often than this. */
  fastChance: 0.01,
  /** A step fails when so many of the last windows do … */
  failing: 2,
  /** … of so many. */
  of: 3,
} as const;

/** So many windows in a row without an answer end a step (the default of Argo Rollouts is four that are tolerated). */
export const TOLERATED_ERRORS = 4;
