import {
  nextAction,
  type Decision,
  type Phase,
  type RollbackStep,
  type RolloutState,
  type RolloutStep,
  type Verdict,
} from "@ebpf-platform/lib/rollout";
import { Failure, messageOf } from "../failure";
import type { JournalFile } from "./journal-file";
import type { Request } from "./requests";

/** What a window of a gate gave. */
export interface WindowOutcome {
  readonly verdict: Verdict;
  readonly decision: Decision;
  readonly reason: string;
  /** SHA-256 of its evidence file. */
  readonly evidence: string;
}

/** Everything a driver does to the world. Each action may be done again after a kill and then changes nothing more. */
export interface World {
  now(): Date;
  /** Milliseconds. */
  pause(ms: number): Promise<void>;
  /** A step that is neither bake nor gate; the SHA-256 of evidence it left. Throws where it fails. */
  perform(step: RolloutStep | RollbackStep, state: RolloutState): Promise<readonly string[]>;
  bakeSeconds(step: RolloutStep): number;
  windowSeconds(step: RolloutStep): number;
  /** Judges a window that has ended. Never throws for what Prometheus does: that is a verdict. */
  judge(step: RolloutStep, window: number, evalTime: number, state: RolloutState): Promise<WindowOutcome>;
  /** Holds the present exposure for another lease. */
  renew(): Promise<void>;
  requests(): readonly { readonly request: Request; readonly done: () => void }[];
  /** Tells a person and whoever else listens; must not block. */
  tell(event: { readonly kind: string; readonly text: string; readonly step?: string }): void;
}

/** How long at most a request waits for a driver that bakes or watches. */
const LOOK_MS = 250;
/** How often the exposure is renewed. */
export const RENEW_MS = 10_000;

type End = Exclude<Phase, "forward" | "back">;

/**
 * Drives a rollout from where its journal stands to its end. Every step is in the journal before it is taken, so that a
 * driver that was killed at any place is followed by another one with the same end.
 */
export async function drive(journal: JournalFile, world: World): Promise<End> {
  const renewal = renewing(world);
  try {
    for (;;) {
      takeRequests(journal, world);
      const state = stateOf(journal);
      const action = nextAction(state);
      if (action.do === "end") {
        world.tell({ kind: "end", text: `${action.phase}${action.reason ? `: ${action.reason}` : ""}` });
        return action.phase;
      }
      if (action.do === "wait") await waitFor(journal, world, action.for, action.step.id);
      else if (action.do === "judge") await judge(journal, world, action);
      else await take(journal, world, action.step, action.resumed);
    }
  } finally {
    clearInterval(renewal);
  }
}

/** A failed renewal is said and tried again: the lease outlasts several. */
function renewing(world: World): NodeJS.Timeout {
  let busy = false;
  return setInterval(() => {
    if (busy) return;
    busy = true;
    world
      .renew()
      .catch((error: unknown) => world.tell({ kind: "renewal", text: messageOf(error) }))
      .finally(() => (busy = false));
  }, RENEW_MS);
}

async function take(
  journal: JournalFile,
  world: World,
  step: RolloutStep | RollbackStep,
  resumed: boolean,
): Promise<void> {
  const at = (): Date => world.now();
  if (!resumed) journal.append({ type: "started", step: step.id }, at());
  world.tell({ kind: resumed ? "resumed" : "started", text: step.id, step: step.id });
  // Its windows are judged one by one.
  if (step.kind === "gate") return;
  try {
    if (step.kind === "bake") {
      const until = world.now().getTime() + world.bakeSeconds(step) * 1000;
      if (!(await sleepUntil(journal, world, until))) return;
      journal.append({ type: "finished", step: step.id }, at());
    } else {
      const evidence = await world.perform(step, stateOf(journal));
      journal.append({ type: "finished", step: step.id, ...(evidence.length > 0 && { evidence }) }, at());
    }
  } catch (error) {
    // Ctrl-C is no verdict about the release: the next driver goes on here.
    if (error instanceof Failure && error.outcome === "interrupted") throw error;
    const reason = messageOf(error);
    world.tell({ kind: "failed", text: `${step.id}: ${reason}`, step: step.id });
    journal.append({ type: "failed", step: step.id, reason }, at());
    return;
  }
  world.tell({ kind: "finished", text: step.id, step: step.id });
}

async function judge(
  journal: JournalFile,
  world: World,
  action: { readonly step: RolloutStep; readonly window: number; readonly evalTime: number | undefined },
): Promise<void> {
  const { step, window } = action;
  let { evalTime } = action;
  if (evalTime === undefined) {
    evalTime = windowEnd(journal, world, step);
    if (!(await sleepUntil(journal, world, evalTime * 1000))) return;
    journal.append({ type: "judging", step: step.id, window, evalTime }, world.now());
  }
  const outcome = await world.judge(step, window, evalTime, stateOf(journal));
  world.tell({
    kind: "judged",
    text: `${step.id} window ${window}: ${outcome.verdict}, ${outcome.decision}: ${outcome.reason}`,
    step: step.id,
  });
  journal.append({ type: "judged", step: step.id, window, ...outcome }, world.now());
}

/** Windows follow each other; after a pause (a kill, a reboot) the next one is a whole window from now. */
function windowEnd(journal: JournalFile, world: World, step: RolloutStep): number {
  const seconds = world.windowSeconds(step);
  const now = Math.floor(world.now().getTime() / 1000);
  const last = journal.entries.findLast(({ body }) => body.type === "judging" && body.step === step.id)?.body;
  const next = last?.type === "judging" ? last.evalTime + seconds : now + seconds;
  return next >= now ? next : now + seconds;
}

async function waitFor(
  journal: JournalFile,
  world: World,
  what: "approval" | "thaw",
  step: string,
): Promise<void> {
  const { version, sha256 } = stateOf(journal).plan.release;
  const how =
    what === "approval"
      ? `platform rollout approve ${version}@sha256:${sha256}`
      : `platform rollout freeze ${version} --off`;
  world.tell({ kind: "waiting", text: `${step} waits for ${what}: ${how}`, step });
  while (!takeRequests(journal, world)) await world.pause(LOOK_MS);
}

/** False when a request came that the machine has to look at first. */
async function sleepUntil(journal: JournalFile, world: World, until: number): Promise<boolean> {
  for (;;) {
    if (takeRequests(journal, world)) return false;
    const left = until - world.now().getTime();
    if (left <= 0) return true;
    await world.pause(Math.min(LOOK_MS, left));
  }
}

/** Takes what was asked into the journal; true when anything was. What cannot be done now is said and dropped. */
function takeRequests(journal: JournalFile, world: World): boolean {
  let taken = false;
  for (const { request, done } of world.requests()) {
    try {
      journal.append(request, world.now());
      taken = true;
      world.tell({ kind: request.type, text: request.type });
    } catch (error) {
      world.tell({ kind: "refused", text: messageOf(error) });
    }
    done();
  }
  return taken;
}

function stateOf(journal: JournalFile): RolloutState {
  if (!journal.state) throw new Error(`The journal ${journal.path} holds no plan.`);
  return journal.state;
}

/** The percentage of canary's share that should stand now: the last exposure that was started, 0 on the way back or at the end. */
export function presentDose(state: RolloutState): number {
  if (state.phase !== "forward") return 0;
  const here = state.plan.steps.slice(0, state.position + (state.started ? 1 : 0));
  return here.findLast(({ kind }) => kind === "expose")?.dose ?? 0;
}
