import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../failure";
import { PROJECT_NAME } from "./state";

/**
 * Mends what a killed engine left half written in a `file://` backend. Such a backend writes a file in three steps: the
 * content beside it, `<file>.attrs` in place, and a rename (gocloud.dev, blob/fileblob). A kill between them leaves a
 * state that is whole and one of the step before, with attributes of no bytes, at which every later command ends
 * ("failed to load checkpoint: EOF"). Attributes that are not there are no fault. Call it when no engine holds the stack.
 *
 * @param note hears one sentence for what was mended.
 * @throws Failure when a state is broken itself and has no backup.
 */
export function mendState(backendUrl: string | undefined, stack: string, note: (text: string) => void): void {
  if (!backendUrl?.startsWith("file://")) return;
  const url = new URL(backendUrl);
  url.search = "";
  const root = join(fileURLToPath(url), ".pulumi");
  const states = join(root, "stacks", PROJECT_NAME);
  const ours = filesOf(states).filter(
    (file) => file === `${stack}.json` || file.startsWith(`${stack}.json.`),
  );
  const attributes = [
    ...filesOf(root).map((file) => join(root, file)),
    ...ours.map((file) => join(states, file)),
    ...filesOf(join(root, "history", PROJECT_NAME, stack)).map((file) =>
      join(root, "history", PROJECT_NAME, stack, file),
    ),
  ].filter((file) => file.endsWith(".attrs"));
  const broken = attributes.filter((file) => !isJson(file));
  const drafts = ours.filter((file) => file.endsWith(".tmp")).map((file) => join(states, file));
  for (const file of [...broken, ...drafts]) rmSync(file, { force: true });
  if (broken.length > 0) note(`Removed attributes of the state that a killed engine had left half written.`);
  restore(join(states, `${stack}.json`), note);
}

/** Puts the backup in the place of a state that is no JSON. */
function restore(state: string, note: (text: string) => void): void {
  if (!existsSync(state) || isJson(state)) return;
  const backup = `${state}.bak`;
  if (!isJson(backup)) {
    throw new Failure(
      "failed",
      `The state ${state} is broken and has no backup beside it; put one there as ${backup}, or remove the file and import what exists.`,
    );
  }
  copyFileSync(backup, `${state}.restored`);
  renameSync(`${state}.restored`, state);
  note(`The state ${state} was half written; its backup, which is one step older, takes its place.`);
}

function filesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}
