import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Value } from "../../../policy/field";

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

const root = join(__dirname, "..", "..", "..");
const source = join(root, "tools", "psa-table");

/** Builds tools/psa-table once into the cache. Returns its path, or the sentence why it cannot be built here. */
export function buildPsaTable(): { readonly tool: string } | { readonly missing: string } {
  if (spawnSync("go", ["version"]).status !== 0) return { missing: "the Go toolchain" };
  const hash = createHash("sha256");
  for (const file of ["main.go", "go.mod", "go.sum"]) hash.update(readFileSync(join(source, file)));
  const folder = join(root, ".cache", "psa-table");
  const tool = join(folder, hash.digest("hex").slice(0, 16));
  if (existsSync(tool)) return { tool };
  mkdirSync(folder, { recursive: true });
  const built = spawnSync("go", ["build", "-o", tool, "."], { cwd: source, encoding: "utf8" });
  const reason = built.stderr.trim().split("\n").at(-1) ?? "";
  return built.status === 0 ? { tool } : { missing: `k8s.io/pod-security-admission (${reason})` };
}

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
