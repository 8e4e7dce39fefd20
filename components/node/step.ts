import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { scriptText } from "./script-text";
import { shellQuote } from "./shell-quote";

/** One piece of work for the runner on a node. */
export interface Step {
  /** Lower-case letters, digits, `.`, `_`, `-`; unique on the node, at most 100 characters. */
  readonly id: string;
  /** Bash text; runs with `set -euo pipefail`, may write one JSON object to file descriptor 3. */
  readonly script: string;
  /** Bash text that takes back what `script` did; idempotent. */
  readonly undo?: string;
  /** Shell variables of the script. Default none. */
  readonly args?: Readonly<Record<string, string>>;
  /** Shell variables that are secret: never in arguments, environment, logs. Default none. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Seconds until the node ends the script; 1 to 99,999. */
  readonly timeoutSeconds: number;
  /** Run even if the latest run had the same content and succeeded. Default false. */
  readonly always?: boolean;
}

const RUNNER = "components/node/scripts/runner.sh";
const BOOTSTRAP = "components/node/scripts/bootstrap.sh";

/** Variables that bash sets itself or that would change how it runs the script. */
const TAKEN = /^(BASH.*|EUID|UID|PPID|SHELLOPTS|IFS|PATH|HOME|PWD|_)$/;

/**
 * The command line that runs a step: constant but for its time limit, without one value of the step, and short, because
 * the provider prints the whole of it on every failure. What it reads on standard input is `stepInput`.
 */
export function stepCommand(verb: "run" | "undo", timeoutSeconds: number): string {
  const read = `IFS= read -r text && eval "$(base64 -d <<<"$text")"`;
  return `timeout -k 10 ${outerTimeout(timeoutSeconds)} /bin/bash -c '${read}' step ${verb}`;
}

/** Seconds after which the caller on the node gives up: another run may have to end before, then this one runs. */
export function outerTimeout(timeoutSeconds: number): number {
  return 2 * timeoutSeconds + 90;
}

/**
 * What the command of `stepCommand` reads: bootstrap, runner, script, variables. Secret.
 * @param machine another text for another machine: it changes the input, not the step's content.
 */
export function stepInput(step: Step, machine = ""): string {
  checkStep(step);
  const runner = Buffer.from(scriptText(RUNNER));
  const lines = [
    base64(scriptText(BOOTSTRAP)),
    createHash("sha256").update(runner).digest("hex"),
    gzipSync(runner, { level: 9 }).toString("base64"),
    `id ${step.id}`,
    `timeout ${step.timeoutSeconds}`,
    `machine ${base64(machine)}`,
    `always ${step.always ? 1 : 0}`,
    `script ${base64(step.script)}`,
    ...(step.undo === undefined ? [] : [`undo ${base64(step.undo)}`]),
    `args ${base64(assignments(step.args ?? {}))}`,
    `secrets ${base64(assignments(step.secrets ?? {}))}`,
    "end",
  ];
  return `${lines.join("\n")}\n`;
}

function assignments(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${shellQuote(value)}\n`)
    .join("");
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function checkStep(step: Step): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(step.id)) {
    throw new Error(
      `The step id "${step.id}" must be lower-case letters, digits, ".", "_" or "-", at most 100.`,
    );
  }
  const { timeoutSeconds: seconds } = step;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 99_999) {
    throw new Error(`The time limit of step ${step.id} is ${seconds}; give whole seconds from 1 to 99999.`);
  }
  for (const name of [...Object.keys(step.args ?? {}), ...Object.keys(step.secrets ?? {})]) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || TAKEN.test(name)) {
      throw new Error(
        `The variable "${name}" of step ${step.id} is no name for a shell variable of ours; rename it.`,
      );
    }
  }
}
