import type { Command } from "commander";

/** Adds `platform review`; what it does is loaded when it runs. */
export function registerReview(program: Command): void {
  program
    .command("review [stack...]")
    .description("preview every stack with the policy pack and write the comment for a pull request")
    .option("--output <file>", "write the Markdown to a file instead of standard output")
    .option("--sarif <file>", "write the findings as SARIF too")
    .option("--save <file>", "keep the previews, for a later --against")
    .option("--against <file>", "previews of the base, which --save wrote there")
    .action(async (stacks: string[], options: object) =>
      (await import("../review/verbs.js")).review(stacks, options),
    );
}
