import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "../project-root";

/**
 * Files by the SHA-256 of their bytes, and notes by the hash of what they were made from, under `.cache/bpf` of the
 * checkout. State and releases name bytes by hash only; this is where the bytes are.
 */
export function cachedFile(sha256: string): string {
  return join(cacheFolder(), "files", sha256);
}

/** Bytes of a file by hash. Throws one sentence when it is not here or was changed. */
export function readCached(sha256: string, what: string): Buffer {
  const path = cachedFile(sha256);
  if (!existsSync(path)) {
    throw new Error(
      `The bytes of ${what} (SHA-256 ${sha256}) are not in ${dirname(path)}; run a preview in this checkout, which makes them.`,
    );
  }
  const bytes = readFileSync(path);
  if (sha256Of(bytes) !== sha256) {
    throw new Error(
      `${path} was changed: its SHA-256 is not its name; remove it and run a preview, which makes it again.`,
    );
  }
  return bytes;
}

/** Stores bytes and returns their SHA-256. */
export function storeCached(bytes: Buffer): string {
  const sha256 = sha256Of(bytes);
  const path = cachedFile(sha256);
  if (!existsSync(path)) writeWhole(path, bytes);
  return sha256;
}

/** What was noted under a key, or undefined. */
export function readNote(key: string): unknown {
  const path = notePath(key);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

export function writeNote(key: string, note: unknown): void {
  writeWhole(notePath(key), Buffer.from(`${JSON.stringify(note, undefined, 2)}\n`));
}

/** A fresh path for a build to write to, in the file system of the cache. */
export function draftPath(): string {
  const path = join(cacheFolder(), "drafts", randomUUID());
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

export function sha256Of(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function cacheFolder(): string {
  return join(projectRoot(), ".cache", "bpf");
}

function notePath(key: string): string {
  return join(cacheFolder(), "notes", `${key}.json`);
}

/** Two builds at the same time write the same bytes: the last rename wins and nobody reads half a file. */
function writeWhole(path: string, bytes: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, bytes);
  renameSync(draft, path);
}
