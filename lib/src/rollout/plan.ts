import type { Stage } from "../config/types";

/** Name and identity of a release lock. */
export interface ReleaseId {
  /** Calendar version, the name of `releases/<version>.json`. */
  readonly version: string;
  /** SHA-256 of that file's bytes, 64 hex digits. */
  readonly sha256: string;
}

/** Parts of a platform that come last, at dose 100. */
export const LAST_PARTS = ["wireguard", "vaultInjection"] as const;
export type LastPart = (typeof LAST_PARTS)[number];

/** One exposure of a stage: what share runs the candidate, and what is switched on with it. */
export interface DoseStep {
  /** Percent: of flows in stage canary, of nodes in stage prod; 100 elsewhere. */
  readonly dose: number;
  readonly enable?: readonly LastPart[];
}

/** What a stage brings to a rollout. */
export interface StagePlan {
  readonly stack: string;
  readonly stage: Exclude<Stage, "lab">;
  /** What the stack runs now; null where it runs no release: then a rollback takes the candidate away. */
  readonly previous: ReleaseId | null;
  /** Its nodes in the order in which they move; prod only, empty elsewhere. */
  readonly nodes: readonly string[];
  readonly doses: readonly DoseStep[];
  /** SHA-256 of the stage's gate file. */
  readonly gate: string;
  /** Seconds between exposure and first window: warm-up and bake. */
  readonly bakeSeconds: number;
  /** Whether a person must approve before the stage is touched. */
  readonly approval: boolean;
}

export interface RolloutPlan {
  readonly release: ReleaseId;
  readonly stages: readonly StagePlan[];
  readonly steps: readonly RolloutStep[];
}

/**
 * One step; `id` is unique in its rollout, `stage/what` or `stage/dose-NN/what`.
 * - `preflight`: lock, gates, clocks, foreign locks, sensors, freeze.
 * - `promote`: write name and SHA-256 into the stack's file; needs the ledger of the stage before.
 * - `preview`: with the policies; `approve`: a person's word; `snapshot`: state for repair.
 * - `update`: `up` of the stack. In canary it exposes nobody (dose 0); in prod it moves the wave's `nodes`.
 * - `expose`: the traffic split of canary to `dose` percent of flows.
 * - `verify`, `bake`, `gate`: what decides about the exposure before it.
 * - `record`: the verdict into the stage's ledger.
 */
export interface RolloutStep {
  readonly id: string;
  readonly kind:
    | "preflight"
    | "promote"
    | "preview"
    | "approve"
    | "snapshot"
    | "update"
    | "expose"
    | "verify"
    | "bake"
    | "gate"
    | "record";
  readonly stack: string;
  readonly stage: StagePlan["stage"];
  /** Percent of flows or nodes that the candidate has once the step is done; steps `update` and `expose`. */
  readonly dose?: number;
  /** Nodes that run the candidate once the step is done, those of earlier waves included; `update` in prod. */
  readonly nodes?: readonly string[];
  readonly enable?: readonly LastPart[];
}

/** Way back of one stack, in order: `brake` (all stacks at once), `revert` and `prove` for each. */
export interface RollbackStep {
  readonly id: string;
  readonly kind: "brake" | "revert" | "prove";
  /** Stacks of a brake; one stack otherwise. */
  readonly stacks: readonly string[];
  /** What a revert restores; null takes the candidate away. */
  readonly to?: ReleaseId | null;
}

/** Order of promotion: no stage may be left out between two that are there. */
export const ROLLOUT_STAGES = [
  "dev",
  "staging",
  "canary",
  "prod",
] as const satisfies readonly StagePlan["stage"][];

/**
 * The plan of a rollout through some stages. Throws one sentence for stages out of order or left out, doses that shrink,
 * a prod without nodes or without a release to return to.
 */
export function planRollout(release: ReleaseId, stages: readonly StagePlan[]): RolloutPlan {
  const fault = stagesFault(stages);
  if (fault !== undefined) throw new Error(`Release ${release.version} cannot be planned: ${fault}`);
  return { release, stages, steps: stages.flatMap(stageSteps) };
}

function stagesFault(stages: readonly StagePlan[]): string | undefined {
  const first = ROLLOUT_STAGES.indexOf(stages[0]?.stage ?? "dev");
  const wanted = ROLLOUT_STAGES.slice(first, first + stages.length).join(", ");
  const found = stages.map(({ stage }) => stage).join(", ");
  if (stages.length === 0) return "it names no stage; name at least one.";
  if (found !== wanted)
    return `its stages are ${found}; they follow each other as ${ROLLOUT_STAGES.join(", ")}.`;
  return stages.map(stageFault).find((each) => each !== undefined);
}

function stageFault({ stack, stage, doses, nodes, previous }: StagePlan): string | undefined {
  if (doses.length === 0) return `${stack} has no dose; its gate file must hold one step at least.`;
  const shrinks = doses.some(({ dose }, index) => dose < (doses[index - 1]?.dose ?? 0));
  if (shrinks) return `the doses of ${stack} shrink; write them in growing order, each holds the one before.`;
  if (stage !== "prod") return undefined;
  if (nodes.length === 0) return `${stack} has no nodes to move.`;
  if (doses.at(-1)?.dose !== 100) return `the last dose of ${stack} is not 100.`;
  if (previous === null) return `${stack} runs no release that a rollback could restore; bring one up first.`;
  return undefined;
}

/** The nodes that run the candidate at a dose: the first ones, rounded up, so that a larger dose holds a smaller one. */
export function nodesAtDose(nodes: readonly string[], dose: number): readonly string[] {
  return nodes.slice(0, Math.ceil((nodes.length * Math.min(100, Math.max(0, dose))) / 100));
}

function stageSteps(plan: StagePlan): RolloutStep[] {
  const { stack, stage, approval, nodes, doses } = plan;
  const step = (what: string, kind: RolloutStep["kind"], more: Partial<RolloutStep> = {}): RolloutStep => ({
    id: `${stage}/${what}`,
    kind,
    stack,
    stage,
    ...more,
  });
  const ids = doseIds(doses);
  const exposures = doses.flatMap(({ dose, enable }, index): RolloutStep[] => {
    const name = ids[index] ?? "";
    const what = { dose, ...(enable && { enable }) };
    return [
      stage === "canary"
        ? step(`${name}/expose`, "expose", what)
        : step(
            `${name}/update`,
            "update",
            stage === "prod" ? { ...what, nodes: nodesAtDose(nodes, dose) } : what,
          ),
      step(`${name}/verify`, "verify"),
      step(`${name}/bake`, "bake"),
      step(`${name}/gate`, "gate"),
    ];
  });
  return [
    step("preflight", "preflight"),
    step("promote", "promote"),
    step("preview", "preview"),
    ...(approval ? [step("approve", "approve")] : []),
    step("snapshot", "snapshot"),
    ...(stage === "canary" ? [step("update", "update", { dose: 0 })] : []),
    ...exposures,
    step("record", "record"),
  ];
}

/** `dose-50`, `dose-100`, and `dose-100-wireguard` for one that switches something on. */
function doseIds(doses: readonly DoseStep[]): readonly string[] {
  return doses.map(({ dose, enable = [] }) => ["dose", dose, ...enable].join("-"));
}

/**
 * The way back from a step: the exposed stacks of the same part of the way. canary and prod go back together, dev and
 * staging each by itself. `touched` names the stacks whose files or machines may have changed.
 */
export function rollbackSteps(
  plan: RolloutPlan,
  touched: readonly string[],
  at: StagePlan["stage"],
): RollbackStep[] {
  const live = at === "canary" || at === "prod";
  const back = plan.stages
    .filter(({ stage }) => (live ? stage === "canary" || stage === "prod" : stage === at))
    .filter(({ stack }) => touched.includes(stack))
    // prod first: what serves most comes back first.
    .reverse();
  if (back.length === 0) return [];
  return [
    { id: "rollback/brake", kind: "brake", stacks: back.map(({ stack }) => stack) },
    ...back.map(({ stack, previous }): RollbackStep => ({
      id: `rollback/revert/${stack}`,
      kind: "revert",
      stacks: [stack],
      to: previous,
    })),
    ...back.map(({ stack }): RollbackStep => ({
      id: `rollback/prove/${stack}`,
      kind: "prove",
      stacks: [stack],
    })),
  ];
}
