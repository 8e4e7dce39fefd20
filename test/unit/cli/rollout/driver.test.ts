import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  planRollout,
  type RollbackStep,
  type RolloutPlan,
  type RolloutStep,
  type StagePlan,
} from "@ebpf-platform/lib/rollout";
import { drive, presentDose, type WindowOutcome, type World } from "../../../../cli/rollout/driver";
import {
  becomeDriver,
  livingDriver,
  refuseDuringRollout,
  thisHolder,
} from "../../../../cli/rollout/driver-lock";
import { driverPath, journalPath, requestFolder } from "../../../../cli/rollout/files";
import { JournalFile } from "../../../../cli/rollout/journal-file";
import { ask, waiting, type Request } from "../../../../cli/rollout/requests";
import { releaseIn, withRelease } from "../../../../cli/rollout/stack-release";
import { seed, soak } from "../../../support/seed";

const VERSION = "2026.12.0";
const candidate = { version: VERSION, sha256: "b".repeat(64) };
const before = { version: "2026.11.2", sha256: "a".repeat(64) };

const stage = (name: StagePlan["stage"], more: Partial<StagePlan> = {}): StagePlan => ({
  stack: `t-${name}`,
  stage: name,
  previous: before,
  nodes: [],
  doses: [{ dose: 100 }],
  gate: "c".repeat(64),
  bakeSeconds: 40,
  approval: false,
  ...more,
});
const plan = planRollout(candidate, [
  stage("canary", { doses: [{ dose: 10 }, { dose: 25 }] }),
  stage("prod", { nodes: ["b1", "b2", "b3", "b4"], doses: [{ dose: 25 }, { dose: 50 }, { dose: 100 }] }),
]);

class Killed extends Error {}

/** A world in memory with a clock of its own. What a step does it does once, however often it is told to. */
class FakeWorld implements World {
  time = Date.parse("2026-12-01T00:00:00Z");
  readonly effects: string[] = [];
  readonly told: string[] = [];
  readonly asked: { request: Request; done: () => void }[] = [];
  dose = 0;
  /** What the gates say. */
  outcome: (step: RolloutStep, window: number) => Pick<WindowOutcome, "verdict" | "decision"> = (
    _step,
    window,
  ) => (window < 3 ? { verdict: "PASS", decision: "continue" } : { verdict: "PASS", decision: "pass" });
  broken: (step: string) => string | undefined = () => undefined;
  onPause: () => void = () => undefined;

  now(): Date {
    return new Date(this.time);
  }
  pause(ms: number): Promise<void> {
    this.time += ms;
    this.onPause();
    return Promise.resolve();
  }
  perform(step: RolloutStep | RollbackStep): Promise<readonly string[]> {
    const why = this.broken(step.id);
    if (why !== undefined) return Promise.reject(new Error(why));
    if (!this.effects.includes(step.id)) this.effects.push(step.id);
    if (step.kind === "expose") this.dose = step.dose ?? 0;
    if (step.kind === "brake") this.dose = 0;
    return Promise.resolve([]);
  }
  bakeSeconds = (): number => 40;
  windowSeconds = (): number => 20;
  judge(step: RolloutStep, window: number): Promise<WindowOutcome> {
    const outcome = this.outcome(step, window);
    return Promise.resolve({ ...outcome, reason: "as told", evidence: "d".repeat(64) });
  }
  renew = (): Promise<void> => Promise.resolve();
  requests = (): typeof this.asked => [...this.asked];
  tell({ kind, text }: { kind: string; text: string }): void {
    this.told.push(`${kind} ${text}`);
  }
  request(request: Request): void {
    const entry = { request, done: () => void this.asked.splice(this.asked.indexOf(entry), 1) };
    this.asked.push(entry);
  }
}

describe("the driver of a rollout", () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "ebpf-platform-driver-"))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const begin = (made: RolloutPlan = plan): JournalFile => {
    const journal = JournalFile.open(journalPath(root, VERSION), VERSION);
    journal.append({ type: "begun", plan: made, holder: thisHolder() }, new Date(0));
    return journal;
  };
  const reopened = (): JournalFile => JournalFile.open(journalPath(root, VERSION), VERSION);

  it("takes a good release through every dose and wave, each step in the journal before it is taken", async () => {
    const world = new FakeWorld();
    const journal = begin();
    const perform = world.perform.bind(world);
    world.perform = (step) => {
      const last = reopened().entries.at(-1)?.body;
      assert.deepEqual(last, { type: "started", step: step.id });
      return perform(step);
    };
    assert.equal(await drive(journal, world), "done");
    const wanted = plan.steps.filter(({ kind }) => kind !== "bake" && kind !== "gate").map(({ id }) => id);
    assert.deepEqual(world.effects, wanted);
    assert.deepEqual(
      reopened().state?.finished,
      plan.steps.map(({ id }) => id),
    );
    assert.equal(presentDose(reopened().state!), 0, "at the end nobody has a share");
  });

  it("ends the same way when it is killed at any entry of its journal, before or after the step's work", async () => {
    const undisturbed = new FakeWorld();
    await drive(begin(), undisturbed);
    const entries = reopened().entries.map(({ body }) =>
      "step" in body ? `${body.type} ${body.step}` : body.type,
    );
    rmSync(journalPath(root, VERSION));
    assert.ok(entries.length >= 40, `only ${entries.length} edges`);
    // Each edge costs half a second of syncing: one in twelve by default, all in a soak run.
    const stride = soak ? 1 : 12;
    for (let edge = 1 + (seed % stride); edge < entries.length; edge += stride) {
      const world = new FakeWorld();
      const journal = begin();
      const append = journal.append.bind(journal);
      let written = 1;
      journal.append = (event, at) => {
        // Killed right before this entry, with half of its line on disk.
        if (written === edge) {
          appendFileSync(journal.path, '{"seq":');
          throw new Killed();
        }
        written += 1;
        return append(event, at);
      };
      await assert.rejects(drive(journal, world), Killed);
      const next = reopened();
      next.append({ type: "resumed", holder: thisHolder() }, world.now());
      assert.equal(await drive(next, world), "done", `killed before ${entries[edge]}`);
      assert.deepEqual(world.effects, undisturbed.effects, `killed before ${entries[edge]}`);
      const finished = reopened().state?.finished;
      assert.deepEqual(finished, [...new Set(finished)], "no step is finished twice");
      rmSync(journalPath(root, VERSION));
    }
  });

  it("brakes, goes back and proves it when a gate fails, prod before canary", async () => {
    const world = new FakeWorld();
    const doses: number[] = [];
    world.outcome = ({ id }) =>
      id === "prod/dose-50/gate"
        ? { verdict: "FAIL", decision: "fail" }
        : { verdict: "PASS", decision: "pass" };
    const perform = world.perform.bind(world);
    world.perform = async (step) => {
      const done = await perform(step);
      doses.push(world.dose);
      return done;
    };
    assert.equal(await drive(begin(), world), "rolledBack");
    assert.deepEqual(world.effects.slice(-5), [
      "rollback/brake",
      "rollback/revert/t-prod",
      "rollback/revert/t-canary",
      "rollback/prove/t-prod",
      "rollback/prove/t-canary",
    ]);
    assert.equal(doses.at(-5), 0, "the brake is the first thing");
    assert.match(reopened().state?.reason ?? "", /prod\/dose-50\/gate: as told/);
  });

  it("never passes while nothing is seen, and goes back when the time is over", async () => {
    for (const verdict of ["NODATA", "ERROR"] as const) {
      const world = new FakeWorld();
      world.outcome = (_step, window) => ({ verdict, decision: window < 9 ? "hold" : "stop" });
      assert.equal(await drive(begin(), world), "rolledBack", verdict);
      assert.ok(!world.effects.some((id) => id.includes("dose-25") || id.startsWith("prod/")), verdict);
      rmSync(journalPath(root, VERSION));
    }
  });

  it("goes back when a step fails, and says so when the way back fails", async () => {
    const world = new FakeWorld();
    world.broken = (step) => (step === "prod/dose-25/verify" ? "edge does not answer" : undefined);
    assert.equal(await drive(begin(), world), "rolledBack");
    rmSync(journalPath(root, VERSION));
    const worse = new FakeWorld();
    worse.broken = (step) => (/verify|prove/.test(step) ? "edge does not answer" : undefined);
    assert.equal(await drive(begin(), worse), "rollbackFailed");
    assert.equal(worse.dose, 0, "the brake stays on");
  });

  it("stops beginning steps while it is frozen, and rolls back all the same", async () => {
    const world = new FakeWorld();
    world.request({ type: "frozen", by: "anna", reason: "holidays" });
    let pauses = 0;
    world.onPause = () => {
      pauses += 1;
      if (pauses === 20) {
        assert.deepEqual(world.effects, [], "nothing begins");
        world.request({ type: "thawed", by: "anna" });
      }
      if (world.effects.includes("canary/dose-10/expose") && world.asked.length === 0 && pauses < 1000) {
        pauses = 1000;
        world.request({ type: "frozen", by: "anna", reason: "again" });
        world.request({ type: "rollbackAsked", by: "anna", reason: "looks bad" });
      }
    };
    assert.equal(await drive(begin(), world), "rolledBack");
    assert.ok(world.effects.includes("rollback/revert/t-canary"));
    assert.equal(reopened().state?.frozen, true);
  });

  it("waits for an approval of this very lock", async () => {
    const world = new FakeWorld();
    const made = planRollout(candidate, [stage("dev", { approval: true })]);
    let pauses = 0;
    world.onPause = () => {
      pauses += 1;
      const approved = (lock: string): Request => ({
        type: "approved",
        step: "dev/approve",
        by: "anna",
        lock,
      });
      if (pauses === 5) world.request(approved("e".repeat(64)));
      if (pauses === 10) {
        assert.ok(!world.effects.includes("dev/dose-100/update"));
        world.request(approved(candidate.sha256));
      }
    };
    assert.equal(await drive(begin(made), world), "done");
    assert.ok(world.told.some((line) => line.startsWith("refused") && line.includes("eeee")));
    assert.ok(world.told.some((line) => line.includes(`approve ${VERSION}@sha256:${candidate.sha256}`)));
  });

  it("has a share of canary's traffic from an exposure on until the end", () => {
    const journal = begin();
    assert.equal(presentDose(journal.state!), 0);
    const until = (id: string): void => {
      for (const step of plan.steps.slice(journal.state!.position)) {
        if (step.kind === "gate") return;
        journal.append({ type: "started", step: step.id }, new Date());
        if (step.id === id) return;
        journal.append({ type: "finished", step: step.id }, new Date());
      }
    };
    until("canary/dose-10/expose");
    assert.equal(presentDose(journal.state!), 10, "also while it is being set");
    journal.append({ type: "rollbackAsked", by: "anna", reason: "no" }, new Date());
    assert.equal(presentDose(journal.state!), 0);
  });

  it("lets one driver at a time, and knows a dead one", () => {
    const release = becomeDriver(root);
    assert.equal(livingDriver(root)?.pid, process.pid);
    assert.throws(() => becomeDriver(root), /is driven by process/);
    release();
    assert.equal(livingDriver(root), undefined);
    const dead = { ...thisHolder(), pid: 2 ** 22 - 1, start: "1" };
    becomeDriver(root)();
    writeFileSync(driverPath(root), JSON.stringify(dead));
    assert.equal(livingDriver(root), undefined);
    becomeDriver(root)();
  });

  it("refuses another update of canary and prod from the first entry to the end, driven or not", () => {
    const journal = begin();
    assert.throws(() => refuseDuringRollout(root, "t-prod"), /2026\.12\.0 has stack t-prod in its hands/);
    assert.throws(() => refuseDuringRollout(root, "t-canary"), /in its hands/);
    refuseDuringRollout(root, "t-other");
    const release = becomeDriver(root);
    refuseDuringRollout(root, "t-prod");
    assert.throws(() => refuseDuringRollout(root, "t-prod", {}), new RegExp(`process ${process.pid}`));
    release();
    journal.append({ type: "aborted", by: "anna", reason: "enough" }, new Date());
    refuseDuringRollout(root, "t-prod");
  });

  it("keeps requests whole and in order until they are done", () => {
    const folder = requestFolder(root, VERSION);
    ask(folder, { type: "frozen", by: "a", reason: "x" }, new Date(1));
    ask(folder, { type: "thawed", by: "a" }, new Date(2));
    assert.deepEqual(
      waiting(folder).map(({ request }) => request.type),
      ["frozen", "thawed"],
    );
    for (const { done } of waiting(folder)) done();
    assert.deepEqual(waiting(folder), []);
  });

  it("notices a changed byte of its journal", () => {
    const journal = begin();
    const text = readFileSync(journal.path, "utf8");
    writeFileSync(journal.path, text.replace('"t-prod"', '"t-pr0d"'));
    assert.throws(() => reopened(), /was changed after it was written/);
  });

  it("writes a release into a stack file and leaves the rest alone", () => {
    const text = `# why\nconfig:\n  ebpf-platform:stage: prod\n  ebpf-platform:release: ${before.version}@sha256:${before.sha256} # now\n`;
    const written = withRelease(text, candidate, "Pulumi.t-prod.yaml");
    assert.deepEqual(releaseIn(written), candidate);
    assert.equal(withRelease(written, before, "Pulumi.t-prod.yaml"), text);
    assert.throws(
      () => withRelease("config: {}\n", candidate, "Pulumi.x.yaml"),
      /Pulumi\.x\.yaml has no line/,
    );
    assert.equal(releaseIn("  ebpf-platform:release: workspace\n"), null);
  });
});
