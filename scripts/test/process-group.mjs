import { existsSync, readFileSync, readdirSync } from "node:fs";

/**
 * Signals a process group; false when no process of it is left.
 *
 * @param {number | undefined} group
 * @param {NodeJS.Signals | 0} signal
 */
export function signalGroup(group, signal) {
  if (group === undefined) return false;
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH") return false;
    throw error;
  }
}

/**
 * Whether a process of the group still runs. One that has ended and waits for its parent to notice does not, though
 * it can still be signalled; in a container whose first process reaps nobody it stays like that.
 *
 * @param {number | undefined} group
 */
export function groupRuns(group) {
  if (group === undefined || !signalGroup(group, 0)) return false;
  if (!existsSync("/proc/self/stat")) return true;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      const [state, , pgrp] = statFields(pid);
      return Number(pgrp) === group && state !== "Z" && state !== "X";
    });
}

/**
 * State, parent and process group; nothing when the process ended meanwhile.
 *
 * @param {string} pid
 */
function statFields(pid) {
  try {
    // The name stands in parentheses and may hold anything (proc_pid_stat(5)).
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? "")) return [];
    throw error;
  }
}
