import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** A running packet runner, wherever it is. */
export interface RunnerProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Calls back once it has ended. */
  onEnd(listener: (code: number | null) => void): void;
}

/** A kernel that the packet runner can be run on. */
export interface RunnerPlace {
  /** Makes a file of this machine readable there; returns its path there. */
  file(path: string): Promise<string>;
  start(command: string, args: readonly string[]): Promise<RunnerProcess>;
}

const here: RunnerPlace = {
  file: (path) => Promise.resolve(path),
  start: (command, args) => {
    const child = spawn(command, args);
    return Promise.resolve({
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      onEnd: (listener: (code: number | null) => void) => void child.on("close", listener),
    });
  },
};

let current = here;

/** Where runners start from now on. */
export function runnerPlace(): RunnerPlace {
  return current;
}

/** Lets the runners of the suites in between start elsewhere; without a place, on this machine again. */
export function useRunnerPlace(place: RunnerPlace = here): void {
  current = place;
}
