import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseRelease } from "@ebpf-platform/lib/release";
import {
  evidencePath,
  gatePath,
  judgeWindow,
  gateQuestions,
  ledgerPath,
  promotionFaults,
  type RollbackStep,
  type RolloutState,
  type RolloutStep,
} from "@ebpf-platform/lib/rollout";
import { Failure } from "../failure";
import { presentDose, type WindowOutcome, type World } from "./driver";
import { requestFolder } from "./files";
import type { JournalFile } from "./journal-file";
import { judgeStepWindow } from "./judge-window";
import { recordInLedger } from "./ledger-file";
import { askPrometheus } from "./prometheus";
import { waiting } from "./requests";
import { OldRelease } from "./revert";
import { brake, dose, share, splitPlace, type SplitPlace } from "./split-dose";
import type { StageEngine } from "./stage-engine";
import { withRelease } from "./stack-release";
import { armsOf, gateOf, stackText } from "./stages";

export interface RealWorldOptions {
  readonly root: string;
  readonly journal: JournalFile;
  readonly engine: StageEngine;
  /** Base URL of Prometheus. */
  readonly prometheus: string;
  readonly tell: World["tell"];
  readonly note: (text: string) => void;
}

/** Windows after a rollback in which errors must be few. */
const PROOF_WINDOWS = 3;

/** The stacks, nodes and files of this checkout. */
export class RealWorld implements World {
  private place: SplitPlace | undefined;
  readonly tell: World["tell"];

  constructor(private readonly options: RealWorldOptions) {
    this.tell = options.tell;
  }

  now(): Date {
    return new Date();
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  requests(): ReturnType<World["requests"]> {
    return waiting(requestFolder(this.options.root, this.state.plan.release.version));
  }

  bakeSeconds({ stack }: RolloutStep): number {
    return this.state.plan.stages.find((stage) => stage.stack === stack)?.bakeSeconds ?? 0;
  }

  windowSeconds({ stage }: RolloutStep): number {
    return gateOf(this.options.root, stage).gate.time.windowSeconds;
  }

  /** Also what a resumed driver's exposure is renewed by: the dose follows from the journal. */
  async renew(): Promise<void> {
    const percent = presentDose(this.state);
    if (percent === 0) return;
    const place = await this.splitOf(this.canaryStack());
    // What the journal says may have changed while the place was looked up.
    if (place && presentDose(this.state) === percent) await dose(place, percent);
  }

  async judge(
    step: RolloutStep,
    window: number,
    evalTime: number,
    state: RolloutState,
  ): Promise<WindowOutcome> {
    const { root, prometheus } = this.options;
    const { gate, sha256 } = gateOf(root, step.stage);
    const arms = armsOf(root, state.plan, step);
    const about = { gate, sha256, release: state.plan.release, arms };
    return judgeStepWindow(root, about, step, window, evalTime, state, (question) =>
      askPrometheus(prometheus, question),
    );
  }

  async perform(step: RolloutStep | RollbackStep, state: RolloutState): Promise<readonly string[]> {
    if (!("stage" in step)) {
      await this.goBack(step, state);
      return [];
    }
    const { root, engine } = this.options;
    const { stack } = step;
    switch (step.kind) {
      case "preflight":
        this.preflight(state);
        break;
      case "promote":
        await this.promote(step, state);
        break;
      case "preview":
        await engine.preview(stack);
        break;
      case "snapshot":
        await engine.snapshot(stack, join(root, ".state", "rollout", state.plan.release.version));
        break;
      case "update":
        // The last wave is the whole stack: what belongs to no node moves with it.
        await engine.update(stack, step.dose === 100 ? [] : (step.nodes ?? []));
        this.exposed(step, state);
        break;
      case "expose": {
        const place = await this.splitOf(stack);
        if (!place) throw new Failure("failed", `Stack ${stack} has no traffic split to give a dose to.`);
        await dose(place, step.dose ?? 0);
        this.exposed(step, state);
        break;
      }
      case "verify":
        await engine.verify(stack);
        break;
      case "record":
        return this.record(step, state);
      default:
        throw new Error(`The driver has no action for ${step.kind}.`);
    }
    return [];
  }

  private get state(): RolloutState {
    const { state } = this.options.journal;
    if (!state) throw new Error("The journal holds no plan.");
    return state;
  }

  private canaryStack(): string {
    return this.state.plan.stages.find(({ stage }) => stage === "canary")?.stack ?? "";
  }

  private async splitOf(stack: string): Promise<SplitPlace | undefined> {
    if (stack === "") return undefined;
    this.place ??= splitPlace(await this.options.engine.outputs(stack));
    return this.place;
  }

  private preflight({ plan }: RolloutState): void {
    const { root } = this.options;
    const path = join(root, "releases", `${plan.release.version}.json`);
    if (!existsSync(path))
      throw new Failure("failed", `There is no releases/${plan.release.version}.json in this checkout.`);
    for (const { stage, gate } of plan.stages) {
      if (gateOf(root, stage).sha256 !== gate)
        throw new Failure(
          "failed",
          `${gatePath(stage)} was changed since the rollout was planned; restore it.`,
        );
    }
  }

  /** Writes the release into the stack's file once the ledger of the stage before allows it; a soak is waited for. */
  private async promote({ stack, stage }: RolloutStep, { plan }: RolloutState): Promise<void> {
    const { root } = this.options;
    const read = (path: string): string | undefined =>
      existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;
    for (;;) {
      const faults = promotionFaults({
        release: plan.release,
        stack,
        stage,
        readLock: (version) => read(join("releases", `${version}.json`)),
        gates: gateFiles(root),
        readLedger: (name) => read(ledgerPath(name)),
        readEvidence: (sha256) => read(evidencePath(sha256)),
        now: this.now(),
      });
      if (faults.length === 0) break;
      const soaking = faults.every((fault) => /^it has run on \S+ for \d+ s of \d+ s$/.test(fault));
      if (!soaking)
        throw new Failure(
          "failed",
          `Release ${plan.release.version} on stack ${stack}: ${faults.join("; ")}.`,
        );
      await this.pause(1000);
    }
    const file = `Pulumi.${stack}.yaml`;
    writeFileSync(join(root, file), withRelease(stackText(root, stack), plan.release, file), { flush: true });
  }

  /** From its last dose on a stage soaks. */
  private exposed({ id, stack }: RolloutStep, { plan }: RolloutState): void {
    const last = plan.steps.findLast((one) => one.stack === stack && (one.dose ?? 0) > 0);
    if (last?.id === id)
      recordInLedger(this.options.root, stack, { type: "exposed", release: plan.release }, this.now());
  }

  private record({ stack, stage }: RolloutStep, { plan }: RolloutState): string[] {
    const { root, journal } = this.options;
    const lock = parseRelease(readFileSync(join(root, "releases", `${plan.release.version}.json`), "utf8"));
    const steps = new Set(plan.steps.filter((step) => step.stack === stack).map(({ id }) => id));
    const evidence = journal.entries.flatMap(({ body }) =>
      body.type === "judged" && steps.has(body.step) ? [body.evidence] : [],
    );
    const objects = Object.entries(lock.bpf.programs).flatMap(([source, { object }]): [string, string][] =>
      object.sha256 === null ? [] : [[source, object.sha256]],
    );
    recordInLedger(
      root,
      stack,
      {
        type: "verified",
        release: plan.release,
        gate: gateOf(root, stage).sha256,
        gates: lock.gates.sha256 ?? "",
        evidence,
        objects: Object.fromEntries(objects),
      },
      this.now(),
    );
    return evidence;
  }

  private async goBack(step: RollbackStep, state: RolloutState): Promise<void> {
    const { root, note, engine } = this.options;
    const [stack = ""] = step.stacks;
    const previous = state.plan.stages.find((stage) => stage.stack === stack)?.previous;
    if (step.kind === "brake") {
      const place = await this.splitOf(this.canaryStack());
      if (place) await brake(place);
      return;
    }
    if (!previous)
      throw new Failure(
        "failed",
        `Stack ${stack} ran no release before; take it down with platform down ${stack}.`,
      );
    const old = await OldRelease.of(root, previous, note);
    if (step.kind === "revert") {
      await old.update(stack, previous);
      const reason = state.reason ?? "asked for";
      recordInLedger(root, stack, { type: "rolledBack", release: state.plan.release, reason }, this.now());
      return;
    }
    await old.expectNothing(stack, previous);
    await this.nothingLeft(stack, previous.version, engine);
    await this.fewErrors(stack, state);
    if (state.rollback.at(-1)?.id === step.id) await old.remove();
  }

  /** The programs that are attached are those of the old lock, and the candidate has no share. */
  private async nothingLeft(stack: string, version: string, engine: StageEngine): Promise<void> {
    await engine.verify(stack);
    const lock = parseRelease(readFileSync(join(this.options.root, "releases", `${version}.json`), "utf8"));
    const known = new Set(Object.values(lock.bpf.programs).map(({ object }) => object.sha256));
    const attached = (await engine.outputs(stack))["programs"]?.value as
      { name: string; objectSha256: string }[] | undefined;
    const foreign = (attached ?? []).filter(({ objectSha256 }) => !known.has(objectSha256));
    if (foreign.length > 0)
      throw new Failure(
        "failed",
        `${stack} still runs ${foreign.map(({ name }) => name).join(", ")} with objects that release ${version} does not have.`,
      );
    const place = await this.splitOf(this.canaryStack());
    if (place && (await share(place)).dose !== 0)
      throw new Failure("failed", `The candidate still has a share of traffic on node ${place.node}.`);
  }

  /** The gate's own error rule on the stage as it is now. */
  private async fewErrors(stack: string, { plan }: RolloutState): Promise<void> {
    const { root, prometheus } = this.options;
    const stage = plan.stages.find((one) => one.stack === stack);
    const step = plan.steps.find((one) => one.stack === stack && one.kind === "gate");
    if (!stage || !step) return;
    const { gate } = gateOf(root, stage.stage);
    const only = {
      ...gate,
      signals: gate.signals.filter(({ kind }) => kind === "heartbeat" || kind === "errors"),
    };
    // A canary that is back gets no traffic of its own: what its VIP's users see is prod's.
    const seen =
      stage.stage === "canary" ? (plan.stages.find((one) => one.stage === "prod")?.stack ?? stack) : stack;
    const arms = { ...armsOf(root, plan, { ...step, stack: seen, stage: "dev" }), control: undefined };
    for (let window = 1; window <= PROOF_WINDOWS; window++) {
      await this.pause(gate.time.windowSeconds * 1000);
      const evalTime = Math.floor(Date.now() / 1000);
      const time = { window, evalTime, since: evalTime - gate.time.windowSeconds };
      const answers = Object.fromEntries(
        await Promise.all(
          Object.entries(gateQuestions(only, arms, time)).map(
            async ([id, asked]) =>
              [id, await Promise.all(asked.map((one) => askPrometheus(prometheus, one)))] as const,
          ),
        ),
      );
      const { verdict, signals } = judgeWindow(only, { arms, time, answers, baseline: undefined });
      if (verdict === "PASS") continue;
      const why = signals
        .filter((one) => one.verdict !== "PASS")
        .map(({ signal, reason }) => `${signal}: ${reason}`);
      throw new Failure(
        "failed",
        `After the way back window ${window} of ${stack} is ${verdict}: ${why.join("; ")}.`,
      );
    }
  }
}

function gateFiles(root: string): Map<string, string> {
  const folder = join(root, "gates");
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return new Map(names.map((name) => [`gates/${name}`, readFileSync(join(folder, name), "utf8")]));
}
