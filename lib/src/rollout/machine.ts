import type { RolloutEvent } from "./events";
import { rollbackSteps, type RollbackStep, type RolloutPlan, type RolloutStep } from "./plan";
import type { Decision, Verdict } from "./verdict";

/**
 * Where a rollout stands. `forward` and `back` work; the others are ends:
 * - `done`: every step passed; `rolledBack`: the way back is proved;
 * - `stopped`: ended without going back (dev or staging without a verdict, an abort, a failure before anything changed);
 * - `rollbackFailed`: a step of the way back failed: the brake stays on and a person must look.
 */
export type Phase = "forward" | "back" | "done" | "rolledBack" | "stopped" | "rollbackFailed";

/** One judged window of the gate that runs. */
export interface JudgedWindow {
  readonly window: number;
  readonly verdict: Verdict;
  readonly decision: Decision;
  readonly evidence: string;
}

export interface RolloutState {
  readonly plan: RolloutPlan;
  readonly phase: Phase;
  /** Index of the current step in `plan.steps`, or in `rollback` when the phase is `back`. */
  readonly position: number;
  /** The current step is in the journal as started: a driver that comes back must look what became of it first. */
  readonly started: boolean;
  readonly rollback: readonly RollbackStep[];
  /** Windows of the current gate. */
  readonly windows: readonly JudgedWindow[];
  /** A window whose answer is not in the journal yet. */
  readonly open: { readonly window: number; readonly evalTime: number } | undefined;
  readonly frozen: boolean;
  /** Ids of finished steps, in order. */
  readonly finished: readonly string[];
  /** Stacks that a started step may have changed. */
  readonly touched: readonly string[];
  /** Why it went back or stopped. */
  readonly reason: string | undefined;
}

/** What a driver does next. */
export type Action =
  /** `resumed`: started by a driver that is gone: find out what it did before doing it. */
  | { readonly do: "step"; readonly step: RolloutStep | RollbackStep; readonly resumed: boolean }
  /** Judge a window of a gate; `evalTime` is given when it was asked before and must be asked again as it was. */
  | {
      readonly do: "judge";
      readonly step: RolloutStep;
      readonly window: number;
      readonly evalTime: number | undefined;
    }
  | { readonly do: "wait"; readonly for: "approval" | "thaw"; readonly step: RolloutStep }
  | {
      readonly do: "end";
      readonly phase: Exclude<Phase, "forward" | "back">;
      readonly reason: string | undefined;
    };

/** The state after the first entry of a journal. */
export function begin(plan: RolloutPlan): RolloutState {
  return {
    plan,
    phase: "forward",
    position: 0,
    started: false,
    rollback: [],
    windows: [],
    open: undefined,
    frozen: false,
    finished: [],
    touched: [],
    reason: undefined,
  };
}

/** The state that a journal's events lead to. Throws where an event cannot follow. */
export function replayEvents(events: readonly RolloutEvent[]): RolloutState {
  const [first, ...rest] = events;
  if (first?.type !== "begun") throw new Error("The journal does not begin with a plan; it is no rollout's.");
  return rest.reduce(next, begin(first.plan));
}

/** The step a state stands at; undefined at the end. */
export function currentStep(state: RolloutState): RolloutStep | RollbackStep | undefined {
  if (state.phase === "forward") return state.plan.steps[state.position];
  if (state.phase === "back") return state.rollback[state.position];
  return undefined;
}

/** What to do in a state. */
export function nextAction(state: RolloutState): Action {
  if (state.phase === "back") {
    const step = state.rollback[state.position];
    if (step === undefined) throw new Error(`The way back has no step ${state.position}.`);
    return { do: "step", step, resumed: state.started };
  }
  if (state.phase !== "forward") return { do: "end", phase: state.phase, reason: state.reason };
  const step = state.plan.steps[state.position];
  if (step === undefined) throw new Error(`The plan has no step ${state.position}.`);
  // A freeze lets a started step end, a gate watch, and nothing begin.
  if (state.frozen && !state.started) return { do: "wait", for: "thaw", step };
  if (step.kind === "approve") return { do: "wait", for: "approval", step };
  if (step.kind === "gate" && state.started) {
    const { open } = state;
    return { do: "judge", step, window: open?.window ?? state.windows.length + 1, evalTime: open?.evalTime };
  }
  return { do: "step", step, resumed: state.started };
}

/**
 * The state after an event. Throws one sentence for an event that cannot happen there, such as a second start of a
 * finished step: a journal that holds one was not written by this machine.
 */
export function next(state: RolloutState, event: RolloutEvent): RolloutState {
  switch (event.type) {
    case "begun":
      throw impossible(state, event, "the journal has a plan already");
    case "resumed":
      return state;
    case "frozen":
      return { ...state, frozen: true };
    case "thawed":
      return { ...state, frozen: false };
    case "aborted":
      if (state.phase !== "forward")
        throw impossible(state, event, "only a rollout on its way forward can be aborted");
      return { ...state, phase: "stopped", started: false, open: undefined, reason: event.reason };
    case "rollbackAsked":
      if (state.phase === "back") return state;
      if (state.phase === "rolledBack") throw impossible(state, event, "it is rolled back already");
      return goBack(state, event.reason);
    case "approved":
      return approve(state, event);
    case "started":
      return start(state, event);
    case "finished":
      return finish(state, event);
    case "failed":
      return fail(state, event);
    case "judging":
      return judging(state, event);
    case "judged":
      return judged(state, event);
  }
}

type Of<Type extends RolloutEvent["type"]> = Extract<RolloutEvent, { type: Type }>;

function start(state: RolloutState, event: Of<"started">): RolloutState {
  const step = expectStep(state, event);
  if (state.started) throw impossible(state, event, "it is started already");
  if (step.kind === "approve") throw impossible(state, event, "an approval is given, not started");
  if (state.frozen && state.phase === "forward") throw impossible(state, event, "the rollout is frozen");
  const touches = step.kind === "promote" || step.kind === "update" || step.kind === "expose";
  const touched =
    touches && !state.touched.includes(step.stack) ? [...state.touched, step.stack] : state.touched;
  return { ...state, started: true, windows: [], open: undefined, touched };
}

function finish(state: RolloutState, event: Of<"finished">): RolloutState {
  const step = expectStep(state, event);
  if (!state.started) throw impossible(state, event, "it was not started");
  if (step.kind === "gate") throw impossible(state, event, "a gate ends with a verdict");
  return advance(state, event.step);
}

function advance(state: RolloutState, finished: string): RolloutState {
  const position = state.position + 1;
  const length = state.phase === "back" ? state.rollback.length : state.plan.steps.length;
  const end: Phase = state.phase === "back" ? "rolledBack" : "done";
  return {
    ...state,
    position,
    started: false,
    windows: [],
    open: undefined,
    phase: position === length ? end : state.phase,
    finished: [...state.finished, finished],
  };
}

function fail(state: RolloutState, event: Of<"failed">): RolloutState {
  expectStep(state, event);
  if (!state.started) throw impossible(state, event, "it was not started");
  const reason = `${event.step} failed: ${event.reason}`;
  if (state.phase === "back") return { ...state, phase: "rollbackFailed", started: false, reason };
  return goBack(state, reason);
}

function approve(state: RolloutState, event: Of<"approved">): RolloutState {
  const step = expectStep(state, event);
  if (step.kind !== "approve") throw impossible(state, event, "it asks for no approval");
  if (event.lock !== state.plan.release.sha256) {
    throw impossible(
      state,
      event,
      `the approval is for lock ${event.lock}, the plan for ${state.plan.release.sha256}`,
    );
  }
  return advance(state, event.step);
}

function judging(state: RolloutState, event: Of<"judging">): RolloutState {
  const step = expectStep(state, event);
  if (step.kind !== "gate" || !state.started) throw impossible(state, event, "no gate is open there");
  const wanted = state.windows.length + 1;
  if (event.window !== wanted) throw impossible(state, event, `window ${wanted} is next`);
  if (state.open !== undefined && state.open.evalTime !== event.evalTime) {
    throw impossible(
      state,
      event,
      `window ${wanted} was asked at ${state.open.evalTime} and is asked again at that time only`,
    );
  }
  return { ...state, open: { window: event.window, evalTime: event.evalTime } };
}

function judged(state: RolloutState, event: Of<"judged">): RolloutState {
  const step = expectStep(state, event);
  if (state.open?.window !== event.window)
    throw impossible(state, event, `window ${event.window} is not open`);
  const { window, verdict, decision, evidence } = event;
  const after = {
    ...state,
    open: undefined,
    windows: [...state.windows, { window, verdict, decision, evidence }],
  };
  switch (decision) {
    case "continue":
    case "hold":
      return after;
    case "pass":
      return advance(after, event.step);
    case "fail":
      return goBack(after, `${event.step}: ${event.reason}`);
    case "stop": {
      const stage = "stage" in step ? step.stage : "prod";
      const reason = `${event.step}: ${event.reason}`;
      if (stage === "canary" || stage === "prod") return goBack(after, reason);
      return { ...after, phase: "stopped", started: false, reason };
    }
  }
}

/** On the way back; `stopped` where nothing was changed yet. */
function goBack(state: RolloutState, reason: string): RolloutState {
  const at = state.plan.steps[Math.min(state.position, state.plan.steps.length - 1)];
  const stage =
    state.phase === "forward"
      ? at?.stage
      : state.plan.stages.findLast(({ stack }) => state.touched.includes(stack))?.stage;
  const rollback = stage === undefined ? [] : rollbackSteps(state.plan, state.touched, stage);
  const phase: Phase = rollback.length === 0 ? "stopped" : "back";
  return { ...state, phase, position: 0, started: false, open: undefined, windows: [], rollback, reason };
}

function expectStep(state: RolloutState, event: RolloutEvent & { step: string }): RolloutStep | RollbackStep {
  const step = currentStep(state);
  if (step === undefined) throw impossible(state, event, `the rollout has ended (${state.phase})`);
  if (step.id !== event.step) throw impossible(state, event, `${step.id} is the current step`);
  return step;
}

function impossible(state: RolloutState, event: RolloutEvent, why: string): Error {
  const what = "step" in event ? `${event.type} ${event.step}` : event.type;
  return new Error(
    `The journal of release ${state.plan.release.version} cannot go on with "${what}": ${why}.`,
  );
}
