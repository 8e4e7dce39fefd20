import type { Command } from "commander";

const JSON_OPTION = ["--json", "one JSON object an event or answer"] as const;
const PROMETHEUS = ["--prometheus <url>", "where gates ask; default EBPF_PLATFORM_PROMETHEUS"] as const;
const REASON = ["--reason <text>", "why, for the journal"] as const;
const STACKS = [
  "--stacks <list>",
  "stacks in the order of their stages, with commas",
  "dev,staging,canary,prod",
] as const;
const APPROVE = ["--approve <list>", "stages that wait for platform rollout approve, with commas"] as const;

/** Adds `platform rollout …`; what they do is loaded when one runs. */
export function registerRollout(program: Command): void {
  const verbs = () => import("../rollout/verbs.js");
  const rollout = program
    .command("rollout")
    .description("takes a release through its stages, gated by metrics, undone by itself");
  rollout
    .command("plan <version>")
    .description("the steps of a rollout; changes nothing")
    .option(...STACKS)
    .option(...APPROVE)
    .option(...JSON_OPTION)
    .action(async (version: string, options: { stacks: string }) => (await verbs()).plan(version, options));
  rollout
    .command("run <version>")
    .description("begin a rollout and drive it to its end")
    .option(...STACKS)
    .option(...APPROVE)
    .option(...PROMETHEUS)
    .option(...JSON_OPTION)
    .action(async (version: string, options: { stacks: string }) => (await verbs()).run(version, options));
  rollout
    .command("resume <version>")
    .description("go on where a driver ended")
    .option(...PROMETHEUS)
    .option(...JSON_OPTION)
    .action(async (version: string, options: object) => (await verbs()).resume(version, options));
  rollout
    .command("status [version]")
    .description("where the last rollout, or that of a release, stands")
    .option(...JSON_OPTION)
    .action(async (version: string | undefined, options: object) => (await verbs()).status(version, options));
  rollout
    .command("approve <release>")
    .description("let a stage that waits begin; the release as <version>@sha256:<identity>")
    .action(async (release: string) => (await verbs()).approve(release));
  rollout
    .command("abort <version>")
    .description("stop where it stands, without going back")
    .requiredOption(...REASON)
    .action(async (version: string, options: { reason: string }) => (await verbs()).abort(version, options));
  rollout
    .command("rollback <version>")
    .description("all traffic back, then the release before")
    .option(...REASON, "asked for by hand")
    .option(...PROMETHEUS)
    .option(...JSON_OPTION)
    .action(async (version: string, options: { reason: string }) =>
      (await verbs()).rollback(version, options),
    );
  rollout
    .command("freeze <version>")
    .description("let no further step begin; a rollback is never frozen")
    .option(...REASON, "frozen by hand")
    .option("--off", "let it go on")
    .action(async (version: string, options: { reason: string }) => (await verbs()).freeze(version, options));
}
