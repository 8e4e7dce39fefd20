import { ERROR_RULE, TOLERATED_ERRORS, type GateFile } from "./gate";
import { isOver } from "./judge";
import type { Decision, SignalVerdict, WindowVerdict } from "./verdict";

export interface StepDecision {
  readonly decision: Decision;
  /** One sentence. */
  readonly reason: string;
}

/**
 * What becomes of a step after its windows so far, in order (the numbers: docs/gates.md):
 * - `fail` at once when the last window breaks a threshold or proves too many errors by itself, or when two of the last
 *   three windows failed;
 * - `pass` when there are windows enough, the last one passed, and all of them together hold enough requests with few
 *   enough errors;
 * - `stop` after too many windows in a row without an answer, or when the time for a verdict is over;
 * - else watch on: `hold` when something is missing, `continue` when not.
 * @param elapsed seconds since the first window began
 */
export function decideStep(gate: GateFile, windows: readonly WindowVerdict[], elapsed: number): StepDecision {
  const last = windows.at(-1);
  if (last === undefined) return { decision: "hold", reason: "no window was judged yet" };
  const critical = last.signals.filter((each) => each.critical);
  const now = critical.find((each) => each.verdict === "FAIL" && failsAtOnce(each, gate));
  if (now) return { decision: "fail", reason: `${now.signal}: ${now.reason}` };
  const recent = windows.slice(-ERROR_RULE.of).filter(({ verdict }) => verdict === "FAIL");
  if (recent.length >= ERROR_RULE.failing) {
    return {
      decision: "fail",
      reason: `${recent.length} of the last ${ERROR_RULE.of} windows failed: ${worst(recent.at(-1))}`,
    };
  }
  const open = openPoints(gate, windows, critical);
  if (open.length === 0)
    return { decision: "pass", reason: `${windows.length} windows, all critical signals good` };
  const errors = windows.length - 1 - windows.findLastIndex(({ verdict }) => verdict !== "ERROR");
  if (errors > TOLERATED_ERRORS) {
    return { decision: "stop", reason: `${errors} windows in a row without an answer: ${worst(last)}` };
  }
  if (elapsed >= gate.time.holdSeconds) {
    return { decision: "stop", reason: `no verdict after ${Math.round(elapsed)} s: ${open.join("; ")}` };
  }
  const missing = last.verdict === "ERROR" || last.verdict === "NODATA" || last.verdict === "INCONCLUSIVE";
  return { decision: missing ? "hold" : "continue", reason: open.join("; ") };
}

/** A broken threshold is an event that happened; rates and comparisons must fail twice, unless one window proves it. */
function failsAtOnce({ signal, fast }: SignalVerdict, gate: GateFile): boolean {
  return fast === true || gate.signals.some(({ id, kind }) => id === signal && kind === "threshold");
}

/** What is still missing to pass. */
function openPoints(
  gate: GateFile,
  windows: readonly WindowVerdict[],
  critical: readonly SignalVerdict[],
): string[] {
  const bad = critical.filter(({ verdict }) => verdict !== "PASS");
  const { windows: least } = gate.time;
  return [
    ...(windows.length < least ? [`${windows.length} of ${least} windows`] : []),
    ...bad.map(({ signal, verdict, reason }) => `${signal} ${verdict}: ${reason}`),
    ...gate.signals
      .filter(({ kind, critical: decides }) => kind === "errors" && decides)
      .flatMap(({ id }) => openCount(gate, windows, id)),
  ];
}

/** All windows of a step together. */
function openCount(
  { errors: { limit, passSample } }: GateFile,
  windows: readonly WindowVerdict[],
  id: string,
): string[] {
  const each = windows.flatMap(({ signals }) => signals.filter(({ signal }) => signal === id));
  const sum = (values: readonly (number | undefined)[]): number =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0);
  const [k, n] = [sum(each.map(({ errors }) => errors)), sum(each.map(({ requests }) => requests))];
  if (n < passSample) return [`${id}: ${n} of ${passSample} requests`];
  return isOver(k, n, limit) ? [`${id}: ${k} errors in all ${n} requests`] : [];
}

function worst(window: WindowVerdict | undefined): string {
  const found = window?.signals.find(({ critical, verdict }) => critical && verdict === window.verdict);
  return found ? `${found.signal}: ${found.reason}` : "nothing was seen";
}
