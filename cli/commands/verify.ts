import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyJunit } from "@ebpf-platform/lib/verify/junit";
import { verifyPage } from "@ebpf-platform/lib/verify/page";
import {
  CHECK_GROUPS,
  summarize,
  type CheckGroup,
  type VerifyReport,
} from "@ebpf-platform/lib/verify/result";
import { bounded } from "../bounded";
import { Failure, messageOf } from "../failure";
import { withPreparedStack } from "../stack/open";
import { openTerminal } from "../terminal";
import { renderVerify } from "../verify/render";
import { verifyStack } from "../verify/verify";

export interface VerifyOptions {
  readonly only?: readonly string[];
  readonly requests: string;
  readonly target?: string;
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly connectivity?: boolean;
  readonly strict?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

/** `platform verify <stack>`: ends with status 1 when a check failed, with `--strict` also when one could not run. */
export async function verify(name: string, options: VerifyOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const groups = chosenGroups(options.only);
  const requests = bounded("--requests", options.requests, 10_000);
  const { target, kubeconfig, namespace } = options;
  await withPreparedStack(name, terminal.note, { create: false }, async (stack) => {
    const args = {
      groups,
      requests,
      namespace,
      connectivity: options.connectivity ?? false,
      ...(target === undefined ? {} : { target }),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
    };
    const report = await verifyStack(name, await stack.outputs(), args, terminal.note);
    if (options.out !== undefined) writeReports(options.out, report);
    terminal.out(options.json ? JSON.stringify(report, null, 2) : renderVerify(report, terminal.paint));
    judge(report, options.strict ?? false);
  });
}

function chosenGroups(only: readonly string[] | undefined): readonly CheckGroup[] {
  if (only === undefined) return CHECK_GROUPS;
  const known: readonly string[] = CHECK_GROUPS;
  const unknown = only.find((group) => !known.includes(group));
  if (unknown !== undefined)
    throw new Failure("usage", `There is no group "${unknown}"; --only takes ${CHECK_GROUPS.join(", ")}.`);
  return CHECK_GROUPS.filter((group) => only.includes(group));
}

function writeReports(folder: string, report: VerifyReport): void {
  try {
    // Not recursive: that never ends under /proc (Node 20), and a mistyped parent is better named than made.
    if (!existsSync(folder)) mkdirSync(folder);
    writeFileSync(join(folder, "verify.json"), `${JSON.stringify(report, null, 2)}\n`);
    writeFileSync(join(folder, "verify.xml"), verifyJunit(report));
    writeFileSync(join(folder, "verify.html"), verifyPage(report));
  } catch (error) {
    throw new Failure(
      "usage",
      `The reports cannot be written to ${folder} (${messageOf(error)}); name a folder with --out.`,
    );
  }
}

function judge(report: VerifyReport, strict: boolean): void {
  const { failed, notRun } = summarize(report.checks);
  if (failed > 0)
    throw new Failure(
      "failed",
      `${String(failed)} checks failed on stack ${report.stack}; the table says how to mend each.`,
    );
  if (strict && notRun > 0)
    throw new Failure(
      "missingPart",
      `${String(notRun)} checks could not run on stack ${report.stack}, and --strict was given.`,
    );
}
