import type { Command } from "commander";

export interface RenderVerbOptions {
  readonly charts?: string;
  readonly out?: string;
  readonly offline?: boolean;
  readonly json?: boolean;
}

/** Adds `platform render`; what it does is loaded when it runs. */
export function registerRender(program: Command): void {
  program
    .command("render <stack>")
    .description("render every chart of a stack with its values and judge the objects by the policy pack")
    .option(
      "--charts <folder>",
      "take charts from <chart>-<version>.tgz or <chart>/ there, before repositories",
    )
    .option("--out <folder>", "write <release>.yaml of each rendered chart there")
    .option("--offline", "do not read the nodes first: for stacks with a node that is down")
    .option("--json", "result as JSON on standard output, everything else on standard error")
    .action(async (stack: string, options: RenderVerbOptions) =>
      (await import("../render/verb.js")).render(stack, options),
    );
}
