import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ReleaseId } from "@ebpf-platform/lib/rollout";
import { parseRelease } from "@ebpf-platform/lib/release";
import { Failure } from "../failure";
import { git } from "../release/checkout";
import { runCommand } from "../run-command";
import { stateOf } from "../stack/state";
import { withRelease } from "./stack-release";

/** What only a checkout of its own must not hold twice; the rest of a worktree is the old commit's. */
const LINKED = ["node_modules", ".cache"];
/** Compiled by the present checkout; `platform` of the worktree compiles what differs. */
const COMPILED = ["bin", join("lib", "bin"), join("lib", "tsconfig.tsbuildinfo"), join("policy", "bin")];
const UPDATE_LIMIT_MS = 3_600_000;

/**
 * The way back of one stack: the program of an old release, in a worktree of its commit, run by its own `platform`. The
 * engine's state is the stack's own, wherever this runs.
 */
export class OldRelease {
  private constructor(
    private readonly folder: string,
    private readonly root: string,
    private readonly note: (text: string) => void,
  ) {}

  /** Makes the worktree, or takes the one that a killed driver left. */
  static async of(root: string, release: ReleaseId, note: (text: string) => void): Promise<OldRelease> {
    const lockPath = join("releases", `${release.version}.json`);
    const { commit } = parseRelease(readFileSync(join(root, lockPath), "utf8"));
    const folder = join(root, ".state", "rollout", `worktree-${release.version}`);
    if (!existsSync(join(folder, "package.json"))) {
      rmSync(folder, { recursive: true, force: true });
      await git("worktree", "prune");
      await git("worktree", "add", "--detach", "--force", folder, commit);
    }
    for (const name of LINKED)
      if (!existsSync(join(folder, name))) symlinkSync(join(root, name), join(folder, name));
    for (const name of COMPILED)
      if (existsSync(join(root, name)))
        cpSync(join(root, name), join(folder, name), { recursive: true, preserveTimestamps: true });
    // A lock is committed after the commit that it names.
    mkdirSync(join(folder, "releases"), { recursive: true });
    cpSync(join(root, lockPath), join(folder, lockPath));
    return new OldRelease(folder, root, note);
  }

  /** Writes the stack's file with the old release, here and in the worktree, and updates the stack from there. */
  async update(stack: string, release: ReleaseId): Promise<void> {
    this.choose(stack, release);
    await this.platform("up", stack, "--yes");
  }

  /** Throws where a preview of the old release finds any change. */
  async expectNothing(stack: string, release: ReleaseId): Promise<void> {
    this.choose(stack, release);
    await this.platform("preview", stack, "--expect-no-changes");
  }

  async remove(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    await git("worktree", "prune");
  }

  private choose(stack: string, release: ReleaseId): void {
    const name = `Pulumi.${stack}.yaml`;
    const text = withRelease(readFileSync(join(this.root, name), "utf8"), release, name);
    writeFileSync(join(this.root, name), text, { flush: true });
    writeFileSync(join(this.folder, name), text, { flush: true });
  }

  private async platform(...words: string[]): Promise<void> {
    const { folder } = stateOf(words[1] ?? "", process.env, this.root);
    const env = { ...process.env, ...(folder !== undefined && { EBPF_PLATFORM_STATE_DIR: folder }) };
    const answer = await runCommand(process.execPath, [join(this.folder, "cli", "platform.js"), ...words], {
      cwd: this.folder,
      env,
      timeoutMs: UPDATE_LIMIT_MS,
    });
    this.note(answer.stdout);
    if (answer.code === 0) return;
    const said = answer.stderr.slice(answer.stderr.lastIndexOf("platform: ")).trim();
    throw new Failure(
      "failed",
      `platform ${words.join(" ")} of the old release ended with ${answer.timedOut ? "no answer in an hour" : `status ${String(answer.code)}`}: ${said.slice(0, 2000)}`,
    );
  }
}
