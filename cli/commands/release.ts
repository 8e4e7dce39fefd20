import type { Command } from "commander";

const ARTIFACTS = [
  "--artifacts <folder>",
  "folder with charts/, k3s/ and images/ as docs/releases.md describes it; without it their digests stay null",
] as const;

/** Adds `platform release create|show|verify|promote|charts`; what they do is loaded when one runs. */
export function registerRelease(program: Command): void {
  const verbs = () => import("../release/verbs.js");
  const release = program.command("release").description("write-once locks of everything a stack runs");
  release
    .command("create <version>")
    .description("write releases/<version>.json from the last commit of a clean tree")
    .option(...ARTIFACTS)
    .action(async (version: string, options: object) => (await verbs()).create(version, options));
  release
    .command("show <version>")
    .description("print a lock's identity, contents and missing digests")
    .action(async (version: string) => {
      (await verbs()).show(version);
    });
  release
    .command("verify <version>")
    .description("build a lock again from its commit and report what differs")
    .option(...ARTIFACTS)
    .action(async (version: string, options: object) => (await verbs()).verify(version, options));
  release
    .command("promote <version> <stack>")
    .description(
      "write name and SHA-256 into a stack's file, when the ledger of the stage before shows it verified",
    )
    .option("--dry-run", "say what would be written")
    .option("--json", "result as JSON on standard output")
    .action(async (version: string, stack: string, options: object) => {
      (await import("../release/promote.js")).promote(version, stack, options);
    });
  release
    .command("charts <folder>")
    .description("read which keys each chart of releases/pins.json knows and write them to charts/")
    .action(async (folder: string) => (await import("../release/charts.js")).refreshCharts(folder));
}
