import type { GateFile, GateTime, Signal } from "./gate";
import type { Question } from "./prometheus-answer";
import { expandQuery, type QueryScope } from "./promql";

/** The two arms of a window. */
export interface Arms {
  /** Matchers of the candidate, without braces, for instance `node="dp-1"`; empty for none. */
  readonly candidate: string;
  /** Matchers of what stays as it was; undefined where nothing does any more. */
  readonly control: string | undefined;
}

/** When a window was judged; seconds since 1970. */
export interface WindowTime {
  /** From 1. */
  readonly window: number;
  /** `time` of every instant query: the window's end. */
  readonly evalTime: number;
  /** From when on comparisons may look back: the end of the step's warm-up. */
  readonly since: number;
}

/** Most values of an arm that a comparison looks at: an hour of minutes. */
const MOST_VALUES = 60;

/** The warm-up after an exposure, in seconds. */
export function warmupSeconds({ warmupWindows, windowSeconds }: GateTime): number {
  return warmupWindows * windowSeconds;
}

/** What a gate asks Prometheus about a window, by signal. A comparison without a control asks for the candidate only. */
export function gateQuestions(
  gate: GateFile,
  arms: Arms,
  time: WindowTime,
): Readonly<Record<string, readonly Question[]>> {
  return Object.fromEntries(
    gate.signals.map((signal) => [signal.id, signalQuestions(signal, gate, arms, time)]),
  );
}

/** The questions of one signal, in the order in which it reads the answers. */
export function signalQuestions(
  signal: Signal,
  gate: GateFile,
  arms: Arms,
  time: WindowTime,
): readonly Question[] {
  const scope: QueryScope = {
    candidate: arms.candidate,
    control: arms.control ?? "",
    windowSeconds: gate.time.windowSeconds,
    valueSeconds: gate.time.valueSeconds,
  };
  const at = (query: string): Question => ({ query: expandQuery(query, scope), time: time.evalTime });
  switch (signal.kind) {
    case "heartbeat":
    case "threshold":
      return [at(signal.query)];
    case "errors":
      return [at(signal.errors), at(signal.requests)];
    case "comparison": {
      const queries = arms.control === undefined ? [signal.candidate] : [signal.candidate, signal.control];
      return queries.map((query) => ({ query: expandQuery(query, scope), ...valueRange(gate.time, time) }));
    }
  }
}

/** The grid of a comparison's values: it ends with the window; its first value covers time after the warm-up only. */
function valueRange(
  { valueSeconds }: GateTime,
  { evalTime, since }: WindowTime,
): { start: number; end: number; step: number } {
  const count = Math.min(MOST_VALUES, Math.max(1, Math.floor((evalTime - since) / valueSeconds)));
  return { start: evalTime - (count - 1) * valueSeconds, end: evalTime, step: valueSeconds };
}
