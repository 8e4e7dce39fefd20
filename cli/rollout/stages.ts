import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfig, readStackFile, type PlatformConfig } from "@ebpf-platform/lib/config";
import {
  gateDigest,
  gatePath,
  nodesAtDose,
  parseGateFile,
  planRollout,
  warmupSeconds,
  type Arms,
  type GateFile,
  type ReleaseId,
  type RolloutPlan,
  type RolloutStep,
  type StagePlan,
} from "@ebpf-platform/lib/rollout";
import { Failure, messageOf } from "../failure";
import { releaseIn } from "./stack-release";

/** The config of a stack from its file. */
export function stackConfig(root: string, stack: string): PlatformConfig {
  return parseConfig(readStackFile(stackText(root, stack)), stack);
}

export function stackText(root: string, stack: string): string {
  const path = join(root, `Pulumi.${stack}.yaml`);
  if (!existsSync(path))
    throw new Failure("usage", `There is no Pulumi.${stack}.yaml; name stacks of this project.`);
  return readFileSync(path, "utf8");
}

/** The gate file of a stage and its SHA-256. */
export function gateOf(root: string, stage: string): { readonly gate: GateFile; readonly sha256: string } {
  const path = gatePath(stage);
  if (!existsSync(join(root, path)))
    throw new Failure(
      "usage",
      `Stage ${stage} has no gate file ${path}; a rollout goes through no stage without one.`,
    );
  const text = readFileSync(join(root, path), "utf8");
  return { gate: parseGateFile(text, path), sha256: gateDigest(text) };
}

/** Nodes in the order in which they move: backends and agents, servers, at last what all traffic passes. Clients serve nobody. */
export function movingNodes({ nodes }: Pick<PlatformConfig, "nodes">): string[] {
  const order = ["backend", "agent", "server", "edge"];
  return nodes
    .filter(({ role }) => order.includes(role))
    .map(({ name, role }) => ({ name, rank: order.indexOf(role) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ name }) => name);
}

/** The plan of a release through stacks, in the order of their stages. Throws a `Failure` for what cannot be planned. */
export function planFor(
  root: string,
  release: ReleaseId,
  stacks: readonly string[],
  approvals: readonly string[],
): RolloutPlan {
  const stages = stacks.map((stack): StagePlan => {
    const config = stackConfig(root, stack);
    const { stage } = config;
    if (stage === "lab") throw new Failure("usage", `${stack} is a lab: it runs no releases; leave it out.`);
    const { gate, sha256 } = gateOf(root, stage);
    return {
      stack,
      stage,
      previous: releaseIn(stackText(root, stack)),
      nodes: stage === "prod" ? movingNodes(config) : [],
      doses: gate.steps,
      gate: sha256,
      bakeSeconds: warmupSeconds(gate.time),
      approval: approvals.includes(stage),
    };
  });
  try {
    return planRollout(release, stages);
  } catch (error) {
    throw new Failure("usage", messageOf(error));
  }
}

/**
 * The candidate's series and those of what stays as it was, by the label `node`. In prod the nodes of the wave against
 * the rest; in canary its own against prod's; elsewhere the whole stage, without a control.
 */
export function armsOf(root: string, plan: RolloutPlan, step: RolloutStep): Arms {
  const matching = (nodes: readonly string[]): string => `node=~"${nodes.join("|")}"`;
  const own = serving(root, step.stack);
  if (step.stage === "canary") {
    const prod = plan.stages.find(({ stage }) => stage === "prod");
    return { candidate: matching(own), control: prod && matching(serving(root, prod.stack)) };
  }
  if (step.stage !== "prod") return { candidate: matching(own), control: undefined };
  const moving = plan.stages.find(({ stack }) => stack === step.stack)?.nodes ?? [];
  const moved = nodesAtDose(moving, doseBefore(plan, step));
  const candidate = own.filter((node) => moved.includes(node));
  const control = own.filter((node) => !moved.includes(node));
  return {
    candidate: matching(candidate.length > 0 ? candidate : own),
    control: control.length > 0 ? matching(control) : undefined,
  };
}

/** Nodes whose answers are counted. */
function serving(root: string, stack: string): string[] {
  return stackConfig(root, stack)
    .nodes.filter(({ role }) => role === "backend" || role === "agent" || role === "server")
    .map(({ name }) => name);
}

/** The exposure that a gate step judges: the last one before it. */
function doseBefore(plan: RolloutPlan, step: RolloutStep): number {
  const position = plan.steps.findIndex(({ id }) => id === step.id);
  const before = plan.steps
    .slice(0, position)
    .filter(({ stack, dose }) => stack === step.stack && dose !== undefined);
  return before.at(-1)?.dose ?? 100;
}
