import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Value } from "../../../policy/field";
import { buildGoTool } from "../../support/go-tool";

/** One pod of upstream's table with what upstream says of it at the latest version: reasons against it by level. */
export interface PsaRow {
  readonly level: string;
  readonly version: string;
  readonly expect: "pass" | "fail";
  readonly name: string;
  readonly pod: Value;
  readonly baseline: readonly string[];
  readonly restricted: readonly string[];
}

const source = join(__dirname, "..", "..", "..", "tools", "psa-table");

/** Builds tools/psa-table. Returns its path, or the name of what this machine lacks. */
export const buildPsaTable = () => buildGoTool("psa-table");

/** Upstream's own test table: every pod of every level and version. */
export function upstreamTable(tool: string): readonly PsaRow[] {
  const folder = run("go", ["list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission"], source).trim();
  return lines(run(tool, ["-testdata", join(folder, "test", "testdata")], source)) as PsaRow[];
}

/** Upstream's verdicts on pods of ours, in order. */
export function upstreamVerdicts(
  tool: string,
  pods: readonly Value[],
): readonly Pick<PsaRow, "baseline" | "restricted">[] {
  const input = pods.map((pod) => `${JSON.stringify(pod)}\n`).join("");
  return lines(run(tool, [], source, input)) as Pick<PsaRow, "baseline" | "restricted">[];
}

function run(command: string, args: readonly string[], cwd: string, input = ""): string {
  const result = spawnSync(command, args, { cwd, input, encoding: "utf8", maxBuffer: 1 << 30 });
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${result.stderr}`);
  return result.stdout;
}

function lines(text: string): readonly unknown[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}
