import { spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { groupRuns, signalGroup } from "./process-group.mjs";

/** Time for `after` hooks to remove what a test made, before the whole process group is killed. */
const CLEAN_UP_SECONDS = 60;
const POLL_MS = 250;
/** A process that ends takes a moment; what is still there after it was left behind. */
const EXIT_SECONDS = 3;

/**
 * Runs a command as leader of a process group of its own, so that nothing it started outlives it.
 * Asks for an end with SIGINT when the limit passes, `finished()` has been true for `graceSeconds`, or `abort`
 * fires; kills the group when that was not enough. Resolves always; the caller judges the answer.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv, limitSeconds: number, stdio: import("node:child_process").StdioOptions,
 *   abort?: AbortSignal, finished?: () => boolean, graceSeconds?: number, cleanUpSeconds?: number,
 *   onOutput?: (chunk: string) => void }} options
 * @returns {Promise<{ code: number | null, signal: string | null, stopped?: "limit" | "lingered" | "interrupted",
 *   leftBehind: boolean }>}
 */
export function runBounded(command, args, options) {
  const { limitSeconds, abort, finished, graceSeconds = 15, cleanUpSeconds = CLEAN_UP_SECONDS } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: options.stdio,
      detached: true,
    });
    const started = Date.now();
    const killAll = () => signalGroup(child.pid, "SIGKILL");
    /** @type {"limit" | "lingered" | "interrupted" | undefined} */
    let stopped;
    let finishedAt = 0;
    /** @type {NodeJS.Timeout | undefined} */
    let kill;

    const stop = (/** @type {"limit" | "lingered" | "interrupted"} */ reason) => {
      if (stopped) return;
      stopped = reason;
      signalGroup(child.pid, "SIGINT");
      kill = setTimeout(killAll, cleanUpSeconds * 1000);
    };
    const interrupt = () => stop("interrupted");
    const watch = setInterval(() => {
      if (Date.now() - started > limitSeconds * 1000) stop("limit");
      if (!finished?.()) return;
      finishedAt ||= Date.now();
      const lingered = (Date.now() - finishedAt) / 1000;
      if (lingered > graceSeconds) stop("lingered");
      // All is cleaned up by now: nothing is worth waiting for.
      if (stopped && lingered > EXIT_SECONDS) killAll();
    }, POLL_MS);
    if (abort?.aborted) interrupt();
    abort?.addEventListener("abort", interrupt);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (/** @type {string} */ chunk) => options.onOutput?.(chunk));
    }
    process.once("exit", killAll);
    const tidy = () => {
      process.off("exit", killAll);
      clearInterval(watch);
      clearTimeout(kill);
      abort?.removeEventListener("abort", interrupt);
    };
    child.once("error", (error) => {
      tidy();
      reject(error);
    });
    const closed = new Promise((done) => void child.once("close", done));
    child.once("exit", (code, signal) => {
      tidy();
      void groupEnds(child.pid).then(async (ended) => {
        const leftBehind = !ended && killAll();
        // The pipes may hold output still, or be held open by a process that left the group.
        await Promise.race([closed, wait(EXIT_SECONDS * 1000, undefined, { ref: false })]);
        resolve({ code, signal, ...(stopped ? { stopped } : {}), leftBehind });
      });
    });
  });
}

/** @param {number | undefined} pid */
async function groupEnds(pid) {
  for (const deadline = Date.now() + EXIT_SECONDS * 1000; Date.now() < deadline;) {
    if (!groupRuns(pid)) return true;
    await wait(50);
  }
  return false;
}
