import type { Signal } from "./gate";
import type { Reading } from "./prometheus-answer";
import type { Verdict } from "./verdict";

/** The verdict of one signal before it knows its name. */
export interface Judged {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly errors?: number;
  readonly requests?: number;
  readonly fast?: true;
}

/** What a reading without a number means for a signal. */
export function notFound(
  { noData }: Pick<Signal, "noData">,
  { kind, reason }: Exclude<Reading<unknown>, { kind: "found" }>,
): Judged {
  return { verdict: kind === "NODATA" ? noData : "ERROR", reason };
}

/** An answer with a warning is incomplete by its own word: it proves nothing, neither way. */
export function warned({ warning }: { readonly warning?: string }, judged: Judged): Judged {
  if (warning === undefined) return judged;
  const verdict = judged.verdict === "NODATA" ? "NODATA" : "INCONCLUSIVE";
  return { verdict, reason: `Prometheus warns: ${warning}` };
}
