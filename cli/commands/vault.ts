import { existsSync, readFileSync } from "node:fs";
import { databasesSchema, type VaultDatabase } from "@ebpf-platform/lib/vault";
import type { Command } from "commander";
import { parse } from "yaml";
import { Failure } from "../failure";

export interface VaultOptions {
  readonly keys: string;
  readonly kubeconfig?: string;
  readonly address?: string;
  readonly ca?: string;
  readonly databases?: string;
  readonly json?: boolean;
}

/** Adds `platform vault bootstrap`; what it does is loaded when it runs. */
export function registerVault(program: Command): void {
  program
    .command("vault")
    .description("Vault's first steps")
    .command("bootstrap")
    .description("initialise, unseal and configure Vault, then revoke the root token; safe to repeat")
    .argument("[stack]", "a stack whose cluster is meant; without it the one kubectl finds")
    .requiredOption("--keys <file>", "file of Vault's keys: written (mode 0600) by the run that initialises")
    .option("--kubeconfig <file>", "the cluster's kubeconfig")
    .option("--address <url>", "a server that is reached without kubectl")
    .option("--ca <file>", "with --address: PEM of the server's CA")
    .option("--databases <file>", "YAML with PostgreSQL servers for dynamic credentials, see docs/vault.md")
    .option("--json", "result as JSON on standard output, everything else on standard error")
    .action(async (stack: string | undefined, options: VaultOptions) =>
      (await import("../vault/run-bootstrap.js")).runBootstrap(stack, options),
    );
}

/** The servers of `--databases`. Throws a `Failure` with every fault of the file. */
export function readDatabases(path: string | undefined): readonly VaultDatabase[] {
  if (path === undefined) return [];
  if (!existsSync(path))
    throw new Failure("usage", `There is no file ${path} with databases; give the right one.`);
  const parsed = databasesSchema.safeParse(parse(readFileSync(path, "utf8")));
  if (parsed.success) return parsed.data.databases;
  const faults = parsed.error.issues.map(({ path: at, message }) => `  - ${at.join(".")}: ${message}`);
  throw new Failure("usage", `${path} cannot be used:\n${faults.join("\n")}`);
}
