import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readStackFile } from "@ebpf-platform/lib/config";
import type { Stage } from "@ebpf-platform/lib/config/types";
import type { RuleContext } from "../../../policy/context";
import type { Value } from "../../../policy/field";
import type { RecordedResource } from "../../../policy/recorded";
import { keepBuildable } from "../../support/buildable-config";
import { contextOf } from "./good-stack";

/** The program of one stage as it registers its resources, with the context its policies have. */
export interface StageProgram {
  readonly stage: Stage;
  readonly resources: readonly RecordedResource[];
  readonly context: RuleContext;
}

/**
 * Runs the real program with the stage's own config, as far as this commit can build it, under Pulumi's mocks. It runs
 * as a workspace, because no lock has all its digests yet; the policies judge it as the stage.
 */
export function stageProgram(stage: Stage): StageProgram {
  const file = join(__dirname, "..", "..", "..", `Pulumi.${stage}.yaml`);
  const config = readStackFile(readFileSync(file, "utf8"));
  keepBuildable(config, stage);
  const recorder = join(__dirname, "record-stack.ts");
  const result = spawnSync(process.execPath, ["--import", "tsx", recorder, stage], {
    encoding: "utf8",
    input: JSON.stringify({ ...config, stage: "lab", release: "workspace" }),
  });
  if (result.status !== 0) throw new Error(`The program of ${stage} could not be recorded: ${result.stderr}`);
  const resources = JSON.parse(result.stdout) as RecordedResource[];
  const context = contextOf({ stage, config: config as Record<string, Value>, release: {} });
  return { stage, resources, context };
}
