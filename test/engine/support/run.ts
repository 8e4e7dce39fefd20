import { type ChildProcess, spawn } from "node:child_process";

export interface RunResult {
  /** Exit status, or null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Default 300 s; then the whole process group is killed and the promise rejects. */
  readonly timeoutMs?: number;
  /** Called with the child as soon as it runs, for tests that kill it. */
  readonly started?: (child: ChildProcess) => void;
}

/** Runs a program without standard input, in a process group of its own, and collects what it prints. */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const begin = process.hrtime.bigint();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  options.started?.(child);
  const limit = options.timeoutMs ?? 300_000;
  const outcome = { late: false };
  const timer = setTimeout(() => {
    outcome.late = true;
    killGroup(child, "SIGKILL");
  }, limit);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exitCode, exitSignal) => {
      // A background process may hold the pipes open: what has arrived by now is what the program itself said.
      setImmediate(() => resolve([exitCode, exitSignal]));
    });
  }).finally(() => clearTimeout(timer));
  child.stdout.destroy();
  child.stderr.destroy();
  const result: RunResult = {
    code,
    signal,
    stdout: Buffer.concat(out).toString("utf8"),
    stderr: Buffer.concat(err).toString("utf8"),
    seconds: Number(process.hrtime.bigint() - begin) / 1e9,
  };
  if (outcome.late)
    throw new Error(`${file} ${args.join(" ")} ran longer than ${limit / 1000} s:\n${tail(result)}`);
  return result;
}

/** Sends a signal to a child and everything it started in its process group. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The last lines of both streams, for assertion messages. */
export function tail(result: RunResult, lines = 40): string {
  const last = (text: string): string => text.trimEnd().split("\n").slice(-lines).join("\n");
  return `exit ${result.code ?? result.signal} after ${result.seconds.toFixed(1)} s\n--- stdout\n${last(result.stdout)}\n--- stderr\n${last(result.stderr)}`;
}
