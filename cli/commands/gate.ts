import type { Command } from "commander";

const JSON_OPTION = ["--json", "result as JSON on standard output"] as const;

/** Adds `platform gate check|replay`; what they do is loaded when one runs. */
export function registerGate(program: Command): void {
  const verbs = () => import("../gate/verbs.js");
  const gate = program.command("gate").description("what a rollout's metrics must show (docs/gates.md)");
  gate
    .command("check <files...>")
    .description("read gate files, report every fault, print what they ask for")
    .option(...JSON_OPTION)
    .action(async (files: string[], options: object) => {
      (await verbs()).check(files, options);
    });
  gate
    .command("replay <gate> <recordings...>")
    .description("judge recorded windows (ledger/evidence/*.json) again; status 1 when a verdict differs")
    .option(...JSON_OPTION)
    .action(async (file: string, recordings: string[], options: object) => {
      (await verbs()).replay(file, recordings, options);
    });
}

/** Adds `platform ledger show|verify`. */
export function registerLedger(program: Command): void {
  const verbs = () => import("../ledger/verbs.js");
  const ledger = program.command("ledger").description("what ran on each stack, and what was seen of it");
  ledger
    .command("show <stack>")
    .description("print a stack's ledger")
    .option(...JSON_OPTION)
    .action(async (stack: string, options: object) => {
      (await verbs()).show(stack, options);
    });
  ledger
    .command("verify [stack]")
    .description("read ledgers and their evidence whole; status 1 when a byte was changed")
    .option(...JSON_OPTION)
    .action(async (stack: string | undefined, options: object) => {
      (await verbs()).verify(stack, options);
    });
}
