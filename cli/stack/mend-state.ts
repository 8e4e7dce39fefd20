import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../failure";
import { backendFolder, PROJECT_NAME } from "./state";

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
  const backend = backendFolder(backendUrl);
  if (backend === undefined) return;
  const state = join(backend, "stacks", PROJECT_NAME, `${stack}.json`);
  const beside = filesIn(dirname(state)).filter((file) => file.startsWith(`${state}.`));
  const history = filesIn(join(backend, "history", PROJECT_NAME, stack));
  const attributes = [...filesIn(backend), ...beside, ...history].filter((file) => file.endsWith(".attrs"));
  const broken = attributes.filter((file) => !isJson(file));
  const drafts = beside.filter((file) => file.endsWith(".tmp"));
  for (const file of [...broken, ...drafts]) rmSync(file, { force: true });
  if (broken.length > 0) note("Removed attributes of the state that a killed engine had left half written.");
  restore(state, note);
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

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}
