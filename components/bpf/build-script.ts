import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { cachedFile, draftPath, readNote, sha256Of, storeCached, writeNote } from "./build-cache";

/** One build of a build script: an artefact by hash, and what it was made from. */
export interface Build {
  /** SHA-256 of the artefact's bytes. */
  readonly sha256: string;
  /** The artefact, for reading; depends on the checkout and never goes into state. */
  readonly path: string;
  /** SHA-256 over names and bytes of the files it was made from. */
  readonly sourceSha256: string;
  /** Compiler, as it names itself. */
  readonly compiler: string;
}

/** A script as bpf/build.sh: prints inputs, compiler and flags, and builds. */
export interface BuildScript {
  readonly script: string;
  /** What is built, for messages. */
  readonly what: string;
  /** Arguments that list the inputs, one path a line. */
  readonly inputs: readonly string[];
  /** Arguments that name the compiler in one line. */
  readonly compiler: readonly string[];
  /** Arguments that build into a path. */
  readonly build: (output: string) => readonly string[];
  /** More that the artefact depends on. */
  readonly salt: readonly string[];
}

/** A build failed. The message is whole sentences and, where a compiler spoke, what it said with file and line. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

const note = z.object({ sha256: z.string() });

/** Builds, or finds what was built from the same inputs, flags and compiler before. Throws `BuildError`. */
export function runBuild(build: BuildScript): Build {
  const inputs = lines(runScript(build, build.inputs));
  const compiler = lines(runScript(build, build.compiler)).join(" ");
  const sourceSha256 = hashFiles(inputs);
  const key = sha256Of(JSON.stringify([sourceSha256, hashFiles([build.script]), compiler, build.salt]));
  const known = note.safeParse(readNote(key));
  if (known.success && existsSync(cachedFile(known.data.sha256))) {
    const { sha256 } = known.data;
    return { sha256, path: cachedFile(sha256), sourceSha256, compiler };
  }
  const draft = draftPath();
  try {
    runScript(build, build.build(draft));
    const sha256 = storeCached(readFileSync(draft));
    writeNote(key, { what: build.what, sha256, sourceSha256, compiler });
    return { sha256, path: cachedFile(sha256), sourceSha256, compiler };
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Hash over the base names and bytes of files: the checkout's own path does not count. */
export function hashFiles(paths: readonly string[]): string {
  const parts = paths.map((path) => `${path.split("/").at(-1) ?? ""} ${sha256Of(readFileSync(path))}`);
  return sha256Of(parts.sort().join("\n"));
}

function runScript(build: BuildScript, args: readonly string[]): string {
  const result = spawnSync(build.script, args, { encoding: "utf8", maxBuffer: 1 << 24, timeout: 120_000 });
  if (result.error) {
    throw new BuildError(`Building ${build.what} with ${build.script} failed: ${result.error.message}.`);
  }
  if (result.status !== 0) {
    const said = `${result.stderr}${result.stdout}`.trim();
    throw new BuildError(
      result.status === 1
        ? `Building ${build.what}: the source does not compile; correct it and run again.\n${said}`
        : `Building ${build.what} on this machine failed: ${said}`,
    );
  }
  return result.stdout;
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
