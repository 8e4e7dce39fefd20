import Table from "cli-table3";
import { EXIT_STATUS } from "../exit-status";
import { examineMachine } from "../setup/examine";
import { openTerminal } from "../terminal";

/** `platform doctor`: prints found and wanted side by side; ends with status 3 when a required part is missing. */
export async function doctor(options: { json?: boolean }): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const findings = await examineMachine();
  const missing = findings.filter(({ ok, required }) => required && !ok);
  if (missing.length > 0) process.exitCode = EXIT_STATUS.missingPart.code;
  if (options.json) {
    terminal.out(JSON.stringify(findings, null, 2));
    return;
  }
  const { paint } = terminal;
  const table = new Table({
    head: ["part", "found", "wanted", ""],
    style: { head: [], border: [] },
    wordWrap: true,
  });
  for (const { part, found, wanted, ok, required } of findings) {
    table.push([
      part,
      found,
      wanted,
      ok ? paint.green("ok") : required ? paint.red("missing") : paint.yellow("no"),
    ]);
  }
  terminal.out(table.toString());
  for (const { part, remedy } of missing) if (remedy !== undefined) terminal.out(`${part}: ${remedy}`);
}
