import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { Failure, hasCode } from "../failure";
import { processStartTime, sessionMembers } from "../process-table";
import { backendFolder, PROJECT_NAME } from "./state";

/** What the engine writes into a lock file of a file backend (pkg/backend/diy/lock.go). */
export interface EngineLock {
  pid: number;
  username: string;
  hostname: string;
  timestamp: string;
}

/** Boot time and lock time are rounded differently; a process this much younger than the lock is another one. */
const CLOCK_SLACK_MS = 2_000;

/**
 * Judges a lock: `dead` when it is of this machine and its process is gone (or the pid belongs to a younger
 * process by now), else who holds it.
 */
export function judgeLock(
  lock: EngineLock,
  host: string,
  startTime: (pid: number) => number | undefined,
): "dead" | "here" | "elsewhere" {
  if (lock.hostname !== host) return "elsewhere";
  const started = startTime(lock.pid);
  if (started === undefined) return "dead";
  return started > Date.parse(lock.timestamp) + CLOCK_SLACK_MS ? "dead" : "here";
}

/** The lock files of a stack. */
function lockFiles(backend: string, stack: string): string[] {
  const folder = join(backend, "locks", "organization", PROJECT_NAME, stack);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(folder, name));
}

/** Ends what a killed engine left running: `platform` starts the engine as leader of a session of its own. */
function endSession(session: number): number {
  const members = sessionMembers(session);
  for (const pid of members) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if (!hasCode(error, "ESRCH")) throw error;
    }
  }
  return members.length;
}

/**
 * Removes the locks of engines that died and refuses when one lives. Other backends than files keep their own
 * locks; the engine reports those itself. Returns true when a dead lock was removed.
 */
export function clearDeadLocks(
  backendUrl: string | undefined,
  stack: string,
  note: (text: string) => void,
): boolean {
  const backend = backendFolder(backendUrl);
  if (backend === undefined) return false;
  let cleared = false;
  for (const file of lockFiles(backend, stack)) {
    const lock = JSON.parse(readFileSync(file, "utf8")) as EngineLock;
    const verdict = judgeLock(lock, hostname(), processStartTime);
    if (verdict !== "dead") {
      const way =
        verdict === "here"
          ? `wait for it, or end process ${lock.pid}`
          : `wait for it, or run \`pulumi cancel\` when it is surely gone`;
      throw new Failure(
        "locked",
        `Stack ${stack} is in use by ${lock.username}@${lock.hostname} (process ${lock.pid}, since ${lock.timestamp}); ${way}.`,
      );
    }
    const orphans = endSession(lock.pid);
    rmSync(file, { force: true });
    rmSync(`${file}.attrs`, { force: true });
    cleared = true;
    const left = orphans > 0 ? ` and ended ${orphans} processes it had left behind` : "";
    note(
      `Removed the lock of a Pulumi engine that was killed (process ${lock.pid}, ${lock.timestamp})${left}.`,
    );
  }
  return cleared;
}
