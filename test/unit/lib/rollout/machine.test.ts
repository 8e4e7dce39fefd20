import assert from "node:assert/strict";
import fc from "fast-check";
import {
  journalLine,
  journalStart,
  nextAction,
  planRollout,
  readJournal,
  type Decision,
  type Journal,
  type Phase,
  type RolloutEvent,
  type RolloutState,
} from "@ebpf-platform/lib/rollout";
import { allStages, holder, release } from "./stages";

/**
 * A world in which the steps of a rollout have effects, and a driver that can be killed before or after each line of its
 * journal, in the middle of a line, and between an effect and the line that tells it.
 */
class World {
  public journal = "";
  /** Effects by step: how often each was really applied. */
  public readonly applied = new Map<string, number>();
  public readonly evalTimes = new Map<string, number[]>();
  public clock = 1_800_000_000;

  public constructor(
    private readonly decide: (step: string, window: number) => Decision,
    private readonly failing: ReadonlySet<string>,
    private readonly budget: { lines: number; torn: boolean },
  ) {}

  /** Drives until the end or the kill; false when killed. */
  public drive(): boolean {
    let journal: Pick<Journal, "state"> & { end: ReturnType<typeof journalStart>["end"] } = this.read();
    const write = (event: RolloutEvent): boolean => {
      const { line, end, state } = journalLine(journal, event, new Date(this.clock++ * 1000));
      if (this.budget.lines-- === 0) {
        if (this.budget.torn) this.journal += line.slice(0, Math.floor(line.length / 2));
        return false;
      }
      this.journal += line;
      journal = { end, state };
      return true;
    };
    const first: RolloutEvent =
      journal.state === undefined
        ? { type: "begun", plan: planRollout(release, allStages), holder }
        : { type: "resumed", holder };
    if (!write(first)) return false;
    for (;;) {
      const events = this.act(journal.state!);
      if (events === undefined) return true;
      for (const event of events) if (!write(event())) return false;
    }
  }

  /** The events of the next action; each is made when the one before is on disk, and has its effect then. */
  private act(state: RolloutState): (() => RolloutEvent)[] | undefined {
    const action = nextAction(state);
    switch (action.do) {
      case "end":
        return undefined;
      case "wait":
        return action.for === "thaw"
          ? [() => ({ type: "thawed", by: "a person" })]
          : [() => ({ type: "approved", step: action.step.id, by: "a person", lock: release.sha256 })];
      case "judge": {
        const { step, window } = action;
        const evalTime = action.evalTime ?? this.clock;
        return [
          () => ({ type: "judging", step: step.id, window, evalTime }),
          () => {
            const key = `${step.id} ${window}`;
            this.evalTimes.set(key, [...(this.evalTimes.get(key) ?? []), evalTime]);
            const decision = this.decide(step.id, window);
            const verdict = decision === "pass" || decision === "continue" ? "PASS" : "FAIL";
            return {
              type: "judged",
              step: step.id,
              window,
              verdict,
              decision,
              reason: "as decided",
              evidence: "e",
            };
          },
        ];
      }
      case "step": {
        const { id, kind } = action.step;
        const end = (): RolloutEvent => {
          // What a real driver does: look first, when somebody else may have been here.
          const done = action.resumed && this.applied.has(id);
          if (!done) this.applied.set(id, (this.applied.get(id) ?? 0) + 1);
          return this.failing.has(id)
            ? { type: "failed", step: id, reason: "as arranged" }
            : { type: "finished", step: id };
        };
        const started: (() => RolloutEvent)[] = action.resumed ? [] : [() => ({ type: "started", step: id })];
        return kind === "gate" ? started : [...started, end];
      }
    }
  }

  public read(): { end: Journal["chain"]["end"]; state: Journal["state"] } {
    if (this.journal === "") return journalStart(release.version);
    const { chain, state } = readJournal(this.journal, release.version, "journal");
    this.journal = Buffer.from(this.journal).subarray(0, chain.length).toString();
    return chain.entries.length === 0 ? journalStart(release.version) : { end: chain.end, state };
  }
}

const unkilled = { lines: Number.POSITIVE_INFINITY, torn: false };
const calm = (_step: string, window: number): Decision => (window < 3 ? "continue" : "pass");
const lineCount = (text: string): number => text.split("\n").length - 1;

function outcome(world: World): {
  phase: Phase;
  finished: readonly string[];
  applied: Record<string, number>;
} {
  const state = world.read().state!;
  return { phase: state.phase, finished: state.finished, applied: Object.fromEntries(world.applied) };
}

describe("a rollout's state machine", () => {
  it("takes a good candidate through all stages, doses and waves", () => {
    const world = new World(calm, new Set(), { ...unkilled });
    assert.equal(world.drive(), true);
    const { phase, finished, applied } = outcome(world);
    assert.equal(phase, "done");
    assert.deepEqual(
      finished,
      planRollout(release, allStages).steps.map(({ id }) => id),
    );
    assert.ok(Object.values(applied).every((times) => times === 1));
    assert.ok(finished.includes("canary/dose-10/expose") && finished.includes("prod/dose-50/update"));
    assert.equal(finished.at(-2), "prod/dose-100-wireguard-vaultInjection/gate");
  });

  it("comes to the same end from every edge of its journal, with no step twice", () => {
    const straight = new World(calm, new Set(), { ...unkilled });
    straight.drive();
    const edges = lineCount(straight.journal);
    assert.ok(edges > 100, `${edges} edges`);
    for (let edge = 0; edge < edges; edge++) {
      for (const torn of [false, true]) {
        const budget = { lines: edge, torn };
        const world = new World(calm, new Set(), budget);
        assert.equal(world.drive(), false);
        budget.lines = Number.POSITIVE_INFINITY;
        assert.equal(world.drive(), true, `edge ${edge}`);
        assert.deepEqual(outcome(world), outcome(straight), `edge ${edge}, torn ${torn}`);
      }
    }
  });

  it("does so for any verdicts, failures and kills", () => {
    const decision = fc.constantFrom<Decision>(
      "continue",
      "continue",
      "hold",
      "pass",
      "pass",
      "pass",
      "pass",
      "fail",
      "stop",
    );
    const steps = planRollout(release, allStages).steps.filter(
      ({ kind }) => kind !== "gate" && kind !== "approve",
    );
    const failing = fc.subarray(
      [...steps.map(({ id }) => id), "rollback/brake", "rollback/revert/prod", "rollback/prove/prod"],
      { maxLength: 2 },
    );
    fc.assert(
      fc.property(
        fc.array(decision, { minLength: 1, maxLength: 20 }),
        failing,
        fc.array(fc.tuple(fc.nat(60), fc.boolean()), { maxLength: 4 }),
        (decisions, fails, kills) => {
          // What a window says hangs on the window, not on who asks.
          const decide = (step: string, window: number): Decision =>
            window > 30 ? "pass" : decisions[(step.length * 7 + window) % decisions.length]!;
          const straight = new World(decide, new Set(fails), { ...unkilled });
          straight.drive();
          const budget = { lines: 0, torn: false };
          const world = new World(decide, new Set(fails), budget);
          for (const [lines, torn] of kills) {
            Object.assign(budget, { lines: lines + 1, torn });
            world.drive();
          }
          Object.assign(budget, unkilled);
          assert.equal(world.drive(), true);
          assert.deepEqual(outcome(world), outcome(straight));
          assert.equal(new Set(world.read().state!.finished).size, world.read().state!.finished.length);
          for (const times of world.evalTimes.values()) assert.equal(new Set(times).size, 1);
        },
      ),
    );
  });

  it("goes back with prod first when prod fails, and leaves the stages before alone", () => {
    const fails = (step: string, window: number): Decision =>
      step === "prod/dose-50/gate" ? "fail" : calm(step, window);
    const world = new World(fails, new Set(), { ...unkilled });
    world.drive();
    const { phase, finished } = outcome(world);
    assert.equal(phase, "rolledBack");
    assert.deepEqual(finished.slice(-5), [
      "rollback/brake",
      "rollback/revert/prod",
      "rollback/revert/canary",
      "rollback/prove/prod",
      "rollback/prove/canary",
    ]);
    assert.equal(world.read().state!.reason, "prod/dose-50/gate: as decided");
  });

  it("stops in dev and staging without a verdict, and goes back in canary", () => {
    const end = (at: string): Phase => {
      const world = new World(
        (step, window) => (step.startsWith(at) ? "stop" : calm(step, window)),
        new Set(),
        { ...unkilled },
      );
      world.drive();
      return outcome(world).phase;
    };
    assert.equal(end("dev/"), "stopped");
    assert.equal(end("staging/"), "stopped");
    assert.equal(end("canary/"), "rolledBack");
    assert.equal(end("prod/"), "rolledBack");
  });

  it("stays braked where the way back fails", () => {
    const fails = (step: string, window: number): Decision =>
      step.startsWith("canary/") ? "fail" : calm(step, window);
    const world = new World(fails, new Set(["rollback/revert/canary"]), { ...unkilled });
    world.drive();
    assert.equal(outcome(world).phase, "rollbackFailed");
    assert.match(world.read().state!.reason!, /rollback\/revert\/canary failed: as arranged/);
  });

  it("begins nothing while it is frozen, and goes back all the same", () => {
    const at = (events: RolloutEvent[]): Journal["state"] => {
      let journal: Parameters<typeof journalLine>[0] = journalStart(release.version);
      for (const event of events) journal = journalLine(journal, event, new Date(0));
      return journal.state;
    };
    const begun: RolloutEvent = { type: "begun", plan: planRollout(release, allStages), holder };
    const frozen: RolloutEvent = { type: "frozen", by: "a person", reason: "holidays" };
    assert.deepEqual(nextAction(at([begun, frozen])!).do, "wait");
    assert.throws(
      () => at([begun, frozen, { type: "started", step: "dev/preflight" }]),
      /the rollout is frozen/,
    );
    const through = ["dev/preflight", "dev/promote"].flatMap((step): RolloutEvent[] => [
      { type: "started", step },
      { type: "finished", step },
    ]);
    const back = at([
      begun,
      ...through,
      frozen,
      { type: "rollbackAsked", by: "a person", reason: "a feeling" },
    ])!;
    const action = nextAction(back);
    assert.ok(action.do === "step" && action.step.id === "rollback/brake");
  });

  it("refuses what cannot follow", () => {
    const start = journalLine(
      journalStart(release.version),
      { type: "begun", plan: planRollout(release, allStages), holder },
      new Date(0),
    );
    const after = (event: RolloutEvent) => () => journalLine(start, event, new Date(0));
    assert.throws(after({ type: "finished", step: "dev/preflight" }), /it was not started/);
    assert.throws(after({ type: "started", step: "dev/preview" }), /dev\/preflight is the current step/);
    assert.throws(
      after({ type: "judging", step: "dev/preflight", window: 1, evalTime: 1 }),
      /no gate is open/,
    );
    assert.throws(
      after({ type: "approved", step: "dev/preflight", by: "me", lock: release.sha256 }),
      /asks for no approval/,
    );
    assert.throws(
      after({ type: "begun", plan: planRollout(release, allStages), holder }),
      /has a plan already/,
    );
    assert.throws(
      () => journalLine(journalStart("2026.11.1"), { type: "resumed", holder }, new Date(0)),
      /does not begin with a plan/,
    );
  });
});
