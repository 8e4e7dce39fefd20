import { judgeComparison } from "./judge-comparison";
import { notFound, warned, type Judged } from "./judged";
import {
  ERROR_RULE,
  type Comparison,
  type ErrorsSignal,
  type GateFile,
  type HeartbeatSignal,
  type Signal,
  type ThresholdSignal,
} from "./gate";
import { readInstant, type Answer, type Question, type Reading } from "./prometheus-answer";
import { gateQuestions, type Arms, type WindowTime } from "./questions";
import { binomialTail } from "./statistics";
import { worstVerdict, type SignalVerdict, type WindowVerdict } from "./verdict";

/** The recorded values of each comparison, from before the rollout, by signal. */
export type Baseline = Readonly<Record<string, readonly number[]>>;

/** Everything a window's verdict rests on. */
export interface WindowRecord {
  readonly arms: Arms;
  readonly time: WindowTime;
  /** Answers by signal, in the order of its questions (`gateQuestions`). */
  readonly answers: Readonly<Record<string, readonly Answer[]>>;
  readonly baseline: Baseline | undefined;
}

/**
 * The verdict of a window, from its record alone: the same record gives the same verdict for ever. Where a heartbeat is
 * missing, nothing else is believed: every other signal is NODATA.
 */
export function judgeWindow(gate: GateFile, record: WindowRecord): WindowVerdict {
  const questions = gateQuestions(gate, record.arms, record.time);
  const judged = gate.signals.map((signal): SignalVerdict => {
    const asked = questions[signal.id] ?? [];
    const answers = record.answers[signal.id] ?? [];
    return {
      signal: signal.id,
      critical: signal.critical,
      ...judgeSignal(signal, gate, asked, answers, record),
    };
  });
  const silent = judged.filter(
    ({ verdict }, index) => gate.signals[index]?.kind === "heartbeat" && verdict !== "PASS",
  );
  const signals = judged.map((each, index) =>
    silent.length === 0 || gate.signals[index]?.kind === "heartbeat" ? each : unseen(each, silent),
  );
  const verdict = worstVerdict(signals.filter(({ critical }) => critical).map((each) => each.verdict));
  return { window: record.time.window, evalTime: record.time.evalTime, verdict, signals };
}

function unseen(
  { signal, critical, verdict, reason }: SignalVerdict,
  silent: readonly SignalVerdict[],
): SignalVerdict {
  const names = silent.map((each) => each.signal).join(", ");
  return {
    signal,
    critical,
    verdict: verdict === "ERROR" ? "ERROR" : "NODATA",
    reason: `${names} is not there, so that this is not believed: ${reason}`,
  };
}

function judgeSignal(
  signal: Signal,
  gate: GateFile,
  asked: readonly Question[],
  answers: readonly Answer[],
  { baseline }: WindowRecord,
): Judged {
  if (answers.length !== asked.length || asked.length === 0) {
    return {
      verdict: "ERROR",
      reason: `${answers.length} answers are recorded and ${asked.length} were asked for`,
    };
  }
  switch (signal.kind) {
    case "heartbeat":
      return judgeHeartbeat(signal, instant(asked[0], answers[0]));
    case "threshold":
      return judgeThreshold(signal, instant(asked[0], answers[0]));
    case "errors":
      return judgeErrors(signal, gate, instant(asked[0], answers[0]), instant(asked[1], answers[1]));
    case "comparison":
      return judgeComparison(signal, asked, answers, baseline?.[signal.id]);
  }
}

function instant(question: Question | undefined, answer: Answer | undefined): Reading<number> {
  if (question === undefined || answer === undefined || !("time" in question)) {
    return { kind: "ERROR", reason: "the record holds no instant answer" };
  }
  return readInstant(question, answer);
}

function judgeHeartbeat(signal: HeartbeatSignal, reading: Reading<number>): Judged {
  if (reading.kind !== "found") return notFound({ noData: "NODATA" }, reading);
  const { reason, holds } = compared(reading.found, signal.expect);
  return warned(reading, { verdict: holds ? "PASS" : "NODATA", reason });
}

function judgeThreshold(signal: ThresholdSignal, reading: Reading<number>): Judged {
  if (reading.kind !== "found") return notFound(signal, reading);
  const { reason, holds } = compared(reading.found, signal.expect);
  return warned(reading, { verdict: holds ? "PASS" : signal.breach, reason });
}

function compared(value: number, { op, value: limit }: Comparison): { holds: boolean; reason: string } {
  const holds = {
    "<=": value <= limit,
    "<": value < limit,
    ">=": value >= limit,
    ">": value > limit,
    "==": value === limit,
    "!=": value !== limit,
  }[op];
  return { holds, reason: `${value} is ${holds ? "" : "not "}${op} ${limit}` };
}

function judgeErrors(
  signal: ErrorsSignal,
  gate: GateFile,
  errors: Reading<number>,
  requests: Reading<number>,
): Judged {
  const missing = [errors, requests].filter((reading) => reading.kind !== "found");
  const worst = missing.find(({ kind }) => kind === "ERROR") ?? missing[0];
  if (errors.kind !== "found" || requests.kind !== "found")
    return worst ? notFound(signal, worst) : { verdict: "ERROR", reason: "no answer" };
  // `increase` extrapolates, so that counts come with fractions.
  const [k, n] = [Math.round(errors.found), Math.round(requests.found)];
  if (k < 0 || n < 0 || k > n)
    return { verdict: "ERROR", reason: `${k} errors of ${n} requests are no count` };
  if (n === 0) return { verdict: signal.noData, reason: "no request was seen" };
  const warning = [errors, requests].find((reading) => reading.warning !== undefined);
  return warned(warning ?? errors, countVerdict(k, n, gate));
}

/** The verdict of `k` errors among `n` requests of a window. */
function countVerdict(k: number, n: number, { errors: { limit, minimumSample } }: GateFile): Judged {
  const count = { errors: k, requests: n };
  const told = `${k} errors in ${n} requests, at most ${percent(limit)}`;
  const chance = binomialTail(k, n, limit);
  if (n >= ERROR_RULE.fastSample && chance < ERROR_RULE.fastChance) {
    return {
      verdict: "FAIL",
      reason: `${told}: at the limit so many come with chance ${chance.toPrecision(2)}`,
      ...count,
      fast: true,
    };
  }
  if (n < minimumSample)
    return { verdict: "INCONCLUSIVE", reason: `${told}; ${minimumSample} requests are needed`, ...count };
  return { verdict: isOver(k, n, limit) ? "FAIL" : "PASS", reason: told, ...count };
}

/** Whether `k` of `n` is more than a share; `0.01 * 300` and its like must not decide by their last bit. */
export function isOver(k: number, n: number, limit: number): boolean {
  return k > n * limit * (1 + 1e-12);
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(6))} %`;
