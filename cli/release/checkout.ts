import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { Failure } from "../failure";
import { lastLines, runCommand } from "../run-command";

/** Runs git in the checkout and returns its output; a failure of git is the command's failure. */
export async function git(...args: readonly string[]): Promise<string> {
  const answer = await runCommand("git", args, { cwd: projectRoot(), timeoutMs: 60_000 });
  if (answer.code === 0) return answer.stdout;
  throw new Failure(
    "failed",
    `git ${args.join(" ")} in ${projectRoot()} ended with ${answer.timedOut ? "a time-out after 60 s" : `status ${String(answer.code)}`}: ${lastLines(answer.stderr, 3)}; releases need a git checkout with its history.`,
  );
}

/** Files that differ from the last commit or that git does not know, as `git status` lists them; empty for a clean tree. */
export async function uncommittedFiles(): Promise<string[]> {
  return (await git("status", "--porcelain")).split("\n").filter((line) => line !== "");
}

/** Calls `use` with a folder that holds the files of a commit exactly as git has them, and removes it afterwards. */
export async function withCommit<T>(commit: string, use: (folder: string) => Promise<T>): Promise<T> {
  const parent = mkdtempSync(join(tmpdir(), "ebpf-platform-release-"));
  const folder = join(parent, "tree");
  try {
    await git("worktree", "add", "--detach", folder, commit);
    return await use(folder);
  } finally {
    rmSync(parent, { recursive: true, force: true });
    await git("worktree", "prune");
  }
}
