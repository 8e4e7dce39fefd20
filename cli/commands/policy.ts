import { STAGES } from "@ebpf-platform/lib/config/types";
import { type Command, Option } from "commander";
import type { CheckOptions } from "../policy/check";

const FORMATS = ["table", "json", "sarif", "junit"] as const;
export type ReportFormat = (typeof FORMATS)[number];

/** Adds `platform policy check`; what it does is loaded when it runs. */
export function registerPolicy(program: Command): void {
  const policy = program.command("policy").description("the rules of the policy pack, without a stack");
  policy
    .command("check <file...>")
    .description("judge Kubernetes YAML or JSON: files, folders, - for standard input")
    .addOption(
      new Option("--stage <stage>", "whose levels, lists and waivers hold").choices(STAGES).default("prod"),
    )
    .addOption(new Option("--format <format>", "form of the report").choices(FORMATS).default("table"))
    .option("--namespace <name>", "namespace of objects that name none, as for a rendered chart")
    .option("--output <file>", "write the report to a file instead of standard output")
    .action(async (files: string[], options: CheckOptions) =>
      (await import("../policy/check.js")).check(files, options),
    );
}
