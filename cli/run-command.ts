/** What a finished command left. `code` is undefined when it could not start, ran out of time or died of a signal. */
export interface CommandAnswer {
  code: number | undefined;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

export interface CommandOptions {
  cwd?: string;
  /** The whole environment of the command; the own one when left out. */
  env?: NodeJS.ProcessEnv;
  timeoutMs?: number;
}

/** Runs a program without a shell and never throws: the caller judges the answer. */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandAnswer> {
  const { execa } = await import("execa"); // ES module only, hence not at the top of a CommonJS file
  const result = await execa(file, args, {
    reject: false,
    stdin: "ignore",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env, extendEnv: false }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  });
  const startFailure =
    result.exitCode === undefined && result.stderr === "" ? (result.shortMessage ?? "") : "";
  return {
    code: result.exitCode,
    stdout: result.stdout,
    stderr: result.stderr === "" ? startFailure : result.stderr,
    timedOut: result.timedOut,
  };
}

/** The last lines of a command's output, for an error sentence. */
export function lastLines(text: string, count: number): string {
  return text.trim().split("\n").slice(-count).join("\n");
}
