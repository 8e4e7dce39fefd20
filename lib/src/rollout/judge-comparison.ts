import { mean } from "simple-statistics";
import type { ComparisonSignal } from "./gate";
import { notFound, warned, type Judged } from "./judged";
import { readRange, type Answer, type Question, type Reading } from "./prometheus-answer";
import { mannWhitney, ratioOfMeans } from "./statistics";

/**
 * Candidate against control in the same minutes: a minute in which one of them has no value counts for neither. A
 * difference must be both unlikely (Mann-Whitney) and large (ratio of means) to fail. Without a control: against the
 * recorded baseline in the same way, and against the absolute limit.
 */
export function judgeComparison(
  signal: ComparisonSignal,
  asked: readonly Question[],
  answers: readonly Answer[],
  baseline: readonly number[] | undefined,
): Judged {
  const [candidate, control] = asked.map((question, index) => series(question, answers[index]));
  if (candidate === undefined) return { verdict: "ERROR", reason: "nothing was asked" };
  if (candidate.kind !== "found") return notFound(signal, candidate);
  if (control === undefined)
    return warned(candidate, againstBaseline(signal, [...candidate.found.values()], baseline));
  if (control.kind !== "found") return notFound(signal, control);
  const times = [...candidate.found.keys()].filter((time) => control.found.has(time));
  const pick = (from: ReadonlyMap<number, number>): number[] => times.flatMap((time) => from.get(time) ?? []);
  const warning = candidate.warning === undefined ? control : candidate;
  return warned(warning, compareArms(signal, pick(candidate.found), pick(control.found), "control"));
}

function series(question: Question, answer: Answer | undefined): Reading<ReadonlyMap<number, number>> {
  if (answer === undefined || !("start" in question)) {
    return { kind: "ERROR", reason: "the record holds no range answer" };
  }
  return readRange(question, answer);
}

function againstBaseline(
  signal: ComparisonSignal,
  values: readonly number[],
  baseline: readonly number[] | undefined,
): Judged {
  const { worse, absolute, minimumSample } = signal;
  if (values.length < minimumSample) return tooFew(signal, values.length, "candidate");
  const average = mean([...values]);
  const beyond = worse === "higher" ? average > absolute : average < absolute;
  if (beyond)
    return {
      verdict: "FAIL",
      reason: `the mean is ${short(average)}, and the limit without a control ${absolute}`,
    };
  if (baseline === undefined)
    return { verdict: "INCONCLUSIVE", reason: "there is no control and no recorded baseline" };
  return compareArms(signal, values, baseline, "baseline");
}

function compareArms(
  signal: ComparisonSignal,
  candidate: readonly number[],
  other: readonly number[],
  name: "control" | "baseline",
): Judged {
  const { worse, ratio: limit, confidence, minimumSample } = signal;
  if (candidate.length < minimumSample) return tooFew(signal, candidate.length, "candidate");
  if (other.length < minimumSample) return tooFew(signal, other.length, name);
  const { p, effect } = mannWhitney(candidate, other);
  const ratio = ratioOfMeans(candidate, other) ?? (mean([...candidate]) > 0 ? Number.POSITIVE_INFINITY : 1);
  const unlikely = p < 1 - confidence && (worse === "higher" ? effect > 0 : effect < 0);
  const large = worse === "higher" ? ratio > limit : ratio < limit;
  const reason = `mean ${short(ratio)} times the ${name}'s (limit ${limit}), p ${p.toPrecision(2)}, effect ${effect.toFixed(2)}, ${candidate.length} against ${other.length} values`;
  return { verdict: unlikely && large ? "FAIL" : "PASS", reason };
}

function tooFew({ minimumSample }: ComparisonSignal, found: number, arm: string): Judged {
  return {
    verdict: "INCONCLUSIVE",
    reason: `the ${arm} has ${found} values and ${minimumSample} are needed`,
  };
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
