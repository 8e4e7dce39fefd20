import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { RolloutEvent } from "@ebpf-platform/lib/rollout";

/** What a person may say to a rollout while it runs. */
export type Request = Extract<
  RolloutEvent,
  { type: "approved" | "aborted" | "rollbackAsked" | "frozen" | "thawed" }
>;

/** Leaves a request for the driver, whole or not at all. */
export function ask(folder: string, request: Request, at: Date): void {
  mkdirSync(folder, { recursive: true });
  const name = `${String(at.getTime()).padStart(15, "0")}-${process.pid}`;
  const draft = join(folder, `.${name}`);
  const file = openSync(draft, "w", 0o644);
  try {
    writeSync(file, JSON.stringify(request));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, join(folder, `${name}.json`));
}

/** The requests that wait, oldest first; `done` takes one away once it is in the journal. */
export function waiting(folder: string): { readonly request: Request; readonly done: () => void }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d.*\.json$/.test(name))
    .sort()
    .map((name) => {
      const path = join(folder, name);
      return {
        request: JSON.parse(readFileSync(path, "utf8")) as Request,
        done: () => rmSync(path, { force: true }),
      };
    });
}
