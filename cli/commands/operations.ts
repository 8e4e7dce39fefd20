import type { Command } from "commander";

const DRY_RUN = ["--dry-run", "say what would be done on which node, do nothing"] as const;
const JSON_OPTION = [
  "--json",
  "result as JSON on standard output, everything else on standard error",
] as const;

export interface OperationOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}
export interface SnapshotOptions extends OperationOptions {
  readonly name?: string;
  readonly keep: string;
  readonly node?: string;
  readonly to?: string;
  readonly list?: boolean;
}
export interface RestoreOptions extends OperationOptions {
  readonly from: string;
  readonly node?: string;
  readonly yes?: boolean;
}

/** Adds what is done with a k3s cluster after its first day; loaded when one of them runs. */
export function registerOperations(program: Command): void {
  const verb = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .argument("<stack>", "a stack with cluster.kind k3s")
      .option(...DRY_RUN)
      .option(...JSON_OPTION);
  verb("snapshot", "archive the cluster's datastore with the server's token, on a server and here")
    .option("--name <name>", "of the archive (default <stack>-<time>)")
    .option("--keep <n>", "archives that stay on the server, 0: all", "10")
    .option("--node <server>", "which server (default the first)")
    .option("--to <file>", "a copy on this machine, readable by you alone")
    .option("--list", "the archives that are on the server")
    .action(async (stack: string, options: SnapshotOptions) =>
      (await import("../operations/snapshot.js")).snapshot(stack, options),
    );
  verb("restore", "put an archive in the place of the datastore; whatever fails, the old one is back")
    .requiredOption("--from <archive>", "a name as `snapshot --list` shows it, or a file of this machine")
    .option("--node <server>", "which server restores (default the first)")
    .option("--yes", "do not ask")
    .action(async (stack: string, options: RestoreOptions) =>
      (await import("../operations/restore.js")).restore(stack, options),
    );
  verb("rotate-certs", "new certificates under the same authority, node by node, servers first").action(
    async (stack: string, options: OperationOptions) =>
      (await import("../operations/certificates.js")).rotateCertificates(stack, options),
  );
  verb("upgrade", "bring k3s to the release's version: no skipped minor, no way back").action(
    async (stack: string, options: OperationOptions) =>
      (await import("../operations/upgrade.js")).upgrade(stack, options),
  );
}
