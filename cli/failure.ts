import type { Outcome } from "./exit-status";

/** An expected failure: one sentence for the user and the outcome that gives the exit status. */
export class Failure extends Error {
  constructor(
    readonly outcome: Exclude<Outcome, "ok">,
    message: string,
  ) {
    super(message);
    this.name = "Failure";
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True when a system call failed with this code, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
