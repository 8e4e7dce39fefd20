import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Kills the engine that this process has started in a folder, with all that it started: an engine that waits for a
 * hanging provider ends by no gentler way.
 */
export function stopEngineIn(folder: string): void {
  for (const engine of childrenOf(process.pid).filter((pid) => workingFolder(pid) === folder)) {
    for (const pid of [engine, ...descendantsOf(engine)]) kill(pid);
  }
}

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

function childrenOf(pid: number): number[] {
  const threads = ignoringGone(() => readdirSync(`/proc/${String(pid)}/task`), []);
  return threads.flatMap((thread) =>
    ignoringGone(() => readFileSync(`/proc/${String(pid)}/task/${thread}/children`, "utf8"), "")
      .split(" ")
      .filter((text) => text !== "")
      .map(Number),
  );
}

function workingFolder(pid: number): string {
  return ignoringGone(() => readlinkSync(`/proc/${String(pid)}/cwd`), "");
}

function kill(pid: number): void {
  ignoringGone(() => process.kill(pid, "SIGKILL"), true);
}

/** A process may end while it is looked at. */
function ignoringGone<T>(look: () => T, gone: T): T {
  try {
    return look();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ESRCH") return gone;
    throw error;
  }
}
