import { inOrder, sentenceOf, summarize, type VerifyReport } from "@ebpf-platform/lib/verify/result";
import type { createColors } from "picocolors";
import { table } from "../table";

type Paint = ReturnType<typeof createColors>;

/** The report as a table for a terminal; passes in one line each, like everything else. */
export function renderVerify(report: VerifyReport, paint: Paint): string {
  const colour = { pass: paint.green, fail: paint.red, "not-run": paint.yellow };
  const rows = inOrder(report.checks).map(({ group, subject, title, outcome }) => [
    colour[outcome.status](outcome.status),
    group,
    subject === "" ? "-" : subject,
    title,
    cut(sentenceOf(outcome)),
  ]);
  return `${table(["RESULT", "GROUP", "WHERE", "CHECK", "FOUND"], rows)}\n\n${summaryLine(report)}\n`;
}

/** One line for logs: what a pipeline greps. */
export function summaryLine(report: VerifyReport): string {
  const { passed, failed, notRun } = summarize(report.checks);
  return `verify ${report.stack}: ${String(passed)} passed, ${String(failed)} failed, ${String(notRun)} not run (${report.seconds.toFixed(0)} s)`;
}

const MOST_LETTERS = 110;

/** One line of at most 110 letters; the other forms of the report have the whole. */
function cut(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= MOST_LETTERS ? line : `${line.slice(0, MOST_LETTERS - 1)}…`;
}
