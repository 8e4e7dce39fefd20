import type { Command } from "commander";

/** Adds `platform fetch`; what it does is loaded when it runs. */
export function registerFetch(program: Command): void {
  program
    .command("fetch")
    .description(
      "prepare an air-gap folder on a connected machine: k3s, its images and charts, with checksums",
    )
    .requiredOption("--for <stack>", "a stack with a Pulumi.<stack>.yaml")
    .option("--to <folder>", "where the files go; what is there and right is kept (default air-gap/<stack>)")
    .option("--arch <architecture>", "of the nodes: amd64 or arm64", "amd64")
    .option("--dry-run", "say what would be fetched and from where, fetch nothing")
    .option("--json", "result as JSON on standard output, everything else on standard error")
    .action(async (options: FetchOptions) => (await import("../air-gap/fetch.js")).fetchFor(options));
}

export interface FetchOptions {
  readonly for: string;
  readonly to?: string;
  readonly arch: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}
