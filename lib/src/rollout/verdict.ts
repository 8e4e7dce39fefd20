/**
 * What a window of metrics says about a candidate. NODATA and ERROR are no PASS: a gate that cannot see does not pass.
 * - FAIL: the candidate is worse than the gate allows.
 * - ERROR: Prometheus did not answer, or not with what was asked for.
 * - NODATA: the answer holds no samples, or a sensor behind them is silent.
 * - INCONCLUSIVE: samples are there and do not suffice for a verdict.
 */
export const VERDICTS = ["FAIL", "ERROR", "NODATA", "INCONCLUSIVE", "PASS"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The worst of some verdicts, FAIL first; NODATA for none at all: nothing was seen. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  return VERDICTS.find((verdict) => verdicts.includes(verdict)) ?? "NODATA";
}

/** The verdict of one signal in one window, with the numbers it rests on. */
export interface SignalVerdict {
  /** Id of the signal in the gate file, for instance `S1`. */
  readonly signal: string;
  /** Whether the signal decides; an advisory one only adds a note. */
  readonly critical: boolean;
  readonly verdict: Verdict;
  /** One sentence with the numbers. */
  readonly reason: string;
  /** Errors and requests of the window, for a signal of kind `errors` that had data. */
  readonly errors?: number;
  readonly requests?: number;
  /** The window alone proves more than the limit: the step fails without waiting for another one. */
  readonly fast?: true;
}

/** All signals of one window. */
export interface WindowVerdict {
  /** Number of the window in its step, from 1. */
  readonly window: number;
  /** End of the window and `time` of its queries, in seconds since 1970. */
  readonly evalTime: number;
  /** The worst of the critical signals. */
  readonly verdict: Verdict;
  readonly signals: readonly SignalVerdict[];
}

/**
 * What becomes of a step after a window.
 * - `continue`: watch another window.
 * - `hold`: as `continue`, but because something is missing; bounded by the gate's `holdSeconds`.
 * - `pass`: on to the next step.
 * - `fail`: the candidate is bad: roll back.
 * - `stop`: no verdict came in time: dev and staging stop here, canary and prod roll back.
 */
export const DECISIONS = ["continue", "hold", "pass", "fail", "stop"] as const;
export type Decision = (typeof DECISIONS)[number];
