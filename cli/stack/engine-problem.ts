import { Failure } from "../failure";
import { explainCommand } from "./command-problem";

/** An error that the engine reported, with the resource it belongs to. */
export interface EngineProblem {
  resource?: string;
  message: string;
}

/** The engine marks colours as `<{%fg 1%}>` in its events. */
export function plainText(message: string): string {
  return message.replace(/<\{%[^%]*%\}>/g, "").trim();
}

/** The words every part of this project uses for a node that does not answer (components/node). */
const UNREACHABLE = /\bunreachable\b|cannot be reached|could not be reached|did not answer SSH/i;

/** What is left of an Automation API error when the engine itself said nothing: how its process ended. */
export function endOfProcess(message: string): string {
  const end = /Command (was killed with \w+|failed with exit code \d+)/.exec(message)?.[1];
  return end === undefined ? message : `the engine ${end} and gave no reason`;
}

/** Messages that only repeat that something failed. */
const EMPTY = /^(update|preview|refresh|destroy)( -?\w+)? failed$|^update failed$/;

/** What the engine was doing when another failure stopped it; no cause of its own. */
const CANCELLED = "context canceled";

/** The one sentence (or list) that ends a failed operation, with the outcome that gives the exit status. */
export function judgeFailure(
  what: string,
  interrupted: boolean,
  found: { errors: readonly EngineProblem[]; violations: readonly string[] },
  stderr: string,
): Failure {
  if (interrupted)
    return new Failure("interrupted", `The ${what} was interrupted; run it again to converge.`);
  if (found.violations.length > 0) {
    const list = found.violations.map((violation) => `\n  - ${violation}`).join("");
    return new Failure("policy", `The ${what} was refused by the policy pack:${list}`);
  }
  const causes = found.errors.filter(({ message }) => !EMPTY.test(message));
  const first = causes.filter(({ message }) => !message.endsWith(CANCELLED));
  const problems = (first.length > 0 ? first : causes).map((problem) => ({
    ...problem,
    message: explainCommand(problem.message) ?? problem.message,
  }));
  const said = plainText(stderr).replace(/^error: /, "");
  if (/currently locked by|conflict: .*another update/i.test(said)) {
    return new Failure("locked", `The ${what} was refused, because the stack is in use: ${said}`);
  }
  if (said.startsWith("validating stack config:")) {
    return new Failure("usage", `The ${what} was refused, because its Pulumi.<stack>.yaml is wrong: ${said}`);
  }
  const text =
    problems.length > 0
      ? problems.map(({ resource, message }) => `\n  - ${resource ? `${resource}: ` : ""}${message}`).join("")
      : ` ${said || "the engine gave no reason"}`;
  const all = `${text}${said}`;
  return new Failure(UNREACHABLE.test(all) ? "unreachable" : "failed", `The ${what} failed:${text}`);
}
