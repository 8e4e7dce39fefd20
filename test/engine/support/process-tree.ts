import { readdirSync, readFileSync } from "node:fs";

/** Parent and command line of a process; undefined when it has ended. */
function parentOf(pid: number): number | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  // The command name may hold spaces and brackets (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return stat === "" || fields[0] === "Z" ? undefined : Number(fields[1]);
}

function pids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** A process and everything below it. Sessions do not matter: `platform` gives the engine one of its own. */
export function treeOf(root: number): number[] {
  const parents = new Map(pids().map((pid) => [pid, parentOf(pid)]));
  const tree = [root];
  for (const pid of tree)
    tree.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child));
  return tree;
}

/**
 * SIGKILL to the processes of a tree that `doomed` picks by their command line. They are stopped first, from the root
 * down and until no new one shows, so that nobody acts on another's death or gets away by a fork.
 */
export function killTree(root: number, doomed: (command: string) => boolean): void {
  const stopped = new Set<number>();
  for (let before = -1; before !== stopped.size;) {
    before = stopped.size;
    for (const pid of treeOf(root)) {
      if (!stopped.has(pid) && doomed(commandOf(pid)) && send(pid, "SIGSTOP")) stopped.add(pid);
    }
  }
  for (const pid of stopped) send(pid, "SIGKILL");
}

/** Running processes that have a text in their command line, as `<pid>: <command line>`. */
export function processesWith(text: string): string[] {
  return pids()
    .filter((pid) => pid !== process.pid && parentOf(pid) !== undefined)
    .map((pid) => `${pid}: ${commandOf(pid)}`)
    .filter((line) => line.includes(text));
}

export function commandOf(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (isCode(error, "ESRCH")) return false;
    throw error;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ESRCH")) return "";
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
