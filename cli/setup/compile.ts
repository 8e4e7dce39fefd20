import { join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { Failure } from "../failure";
import { runCommand } from "../run-command";

/** Compiles program, library and policy pack where sources changed; a second or so when nothing did. */
export async function compileProject(): Promise<void> {
  const root = projectRoot();
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const answer = await runCommand(process.execPath, [tsc, "-b", "--pretty", "false"], { cwd: root });
  if (answer.code === 0) return;
  const problems = (answer.stdout || answer.stderr).trim().split("\n");
  const more = problems.length > 10 ? `\n… and ${problems.length - 10} more` : "";
  throw new Failure(
    "failed",
    `The program does not compile (tsc -b):\n${problems.slice(0, 10).join("\n")}${more}`,
  );
}
