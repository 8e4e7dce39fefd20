import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const checkout = resolve(__dirname, "../../..");

/** What a copy leaves out: the lab's own state, caches, and packages, which are linked instead of copied. */
const LEFT_OUT = new Set(["node_modules", ".git", ".state", ".cache", "coverage", "test"]);

/**
 * A copy of the built checkout in a folder of its own with its own engine state, so that a test may change sources
 * and stack files, and so that nothing of a test reaches a user's lab. `remove` deletes the folder, not the nodes.
 */
export class ProjectCopy {
  readonly root: string;
  readonly stateDir: string;

  constructor(readonly stack: string) {
    this.root = mkdtempSync(join(tmpdir(), `ebpf-platform-${stack}-`));
    this.stateDir = join(this.root, ".state");
    const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
      cwd: checkout,
      encoding: "utf8",
    });
    const folders = new Set(
      tracked
        .split("\n")
        .filter(Boolean)
        .map((path) => path.split("/")[0] ?? ""),
    );
    for (const name of [...folders, "bin"]) {
      if (LEFT_OUT.has(name)) continue;
      cpSync(join(checkout, name), join(this.root, name), { recursive: true, preserveTimestamps: true });
    }
    mkdirSync(join(this.root, "test/engine"), { recursive: true });
    cpSync(join(checkout, "test/engine/standins"), join(this.root, "test/engine/standins"), {
      recursive: true,
    });
    symlinkSync(join(checkout, "node_modules"), join(this.root, "node_modules"));
    // The engine built once for the checkout serves its copies.
    symlinkSync(join(checkout, ".cache"), join(this.root, ".cache"));
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  write(path: string, text: string, mode = 0o644): void {
    writeFileSync(join(this.root, path), text, { mode });
  }

  /** Replaces `from`, which must stand in the file exactly once, by `to`. */
  edit(path: string, from: string, to: string): void {
    const text = this.read(path);
    if (text.split(from).length !== 2) throw new Error(`"${from}" does not stand exactly once in ${path}`);
    this.write(
      path,
      text.replace(from, () => to),
    );
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
