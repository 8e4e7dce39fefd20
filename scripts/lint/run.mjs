import { accessSync, constants, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { runBounded } from "../test/bounded-process.mjs";
import { lintCommands } from "./checks.mjs";
import { linkProblems } from "./document-links.mjs";
import { treeProblems } from "./text-rules.mjs";
import { sourceFiles } from "./tree.mjs";

const MOST_LINES = 80;

/**
 * Runs every static check, as many at a time as there are cores; each is one case of the tier.
 *
 * @param {{ root: string, say: (text: string) => void, abort: AbortSignal, limitSeconds: number, fix?: boolean }} options
 * @returns {Promise<import("../test/mocha-tier.mjs").TierResult>}
 */
export async function runLint(options) {
  const { root, say } = options;
  const started = Date.now();
  mkdirSync(join(root, ".cache", "lint"), { recursive: true });
  const files = sourceFiles(root);
  /** @type {(() => Promise<import("../test/mocha-tier.mjs").TestCase>)[]} */
  const waiting = lintCommands(root, files).map((check) => () => runCheck(check, options));
  waiting.push(() => Promise.resolve(ownCheck("text rules", () => treeProblems(root, files, process.env))));
  waiting.push(() => Promise.resolve(ownCheck("document links", () => linkProblems(root, files))));
  /** @type {import("../test/mocha-tier.mjs").TestCase[]} */
  const cases = [];
  const worker = async () => {
    for (let next = waiting.shift(); next && !options.abort.aborted; next = waiting.shift()) {
      const done = await next();
      cases.push(done);
      if (done.state === "skipped") say(`    - ${done.title} [missing: ${done.missing}]`);
      else say(`    ${done.state === "passed" ? "✓" : "✗"} ${done.title} (${done.seconds.toFixed(1)} s)`);
      if (done.error) say(done.error.trimEnd().replaceAll(/^/gm, "      "));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return { name: "lint", seconds: (Date.now() - started) / 1000, cases };
}

/**
 * @param {import("./checks.mjs").LintCommand} check
 * @param {Parameters<typeof runLint>[0]} options
 * @returns {Promise<import("../test/mocha-tier.mjs").TestCase>}
 */
async function runCheck(check, { root, abort, limitSeconds, fix }) {
  const base = { title: check.name, file: "" };
  if (check.tool && !onPath(check.tool))
    return { ...base, seconds: 0, state: "skipped", missing: check.tool };
  const started = Date.now();
  let text = "";
  const end = await runBounded(check.command, (fix && check.fix) || check.args, {
    ...{ cwd: root, env: process.env, limitSeconds, abort, cleanUpSeconds: 2 },
    stdio: ["ignore", "pipe", "pipe"],
    onOutput: (chunk) => (text += chunk),
  });
  const seconds = (Date.now() - started) / 1000;
  if (end.code === 0) return { ...base, seconds, state: "passed" };
  const reason =
    end.stopped === "limit"
      ? `stopped after its limit of ${limitSeconds} s`
      : `ended with ${end.signal ?? `status ${end.code}`}`;
  const remedy = check.fix ? " `npm run lint -- --fix` may mend it." : "";
  return { ...base, seconds, state: "failed", error: `${shorten(text)}${check.name} ${reason}.${remedy}` };
}

/**
 * The beginning of a long output: one wrong setting makes a tool complain about every line there is.
 *
 * @param {string} text
 */
function shorten(text) {
  const lines = text.split("\n");
  if (lines.length <= MOST_LINES) return text;
  return `${lines.slice(0, MOST_LINES).join("\n")}\n… and ${lines.length - MOST_LINES} more lines\n`;
}

/**
 * A check that is a function of ours.
 *
 * @param {string} title
 * @param {() => string[]} problemsOf
 * @returns {import("../test/mocha-tier.mjs").TestCase}
 */
function ownCheck(title, problemsOf) {
  const started = Date.now();
  const problems = problemsOf();
  const base = { title, file: "", seconds: (Date.now() - started) / 1000 };
  if (problems.length === 0) return { ...base, state: "passed" };
  return { ...base, state: "failed", error: problems.join("\n") };
}

/** @param {string} tool */
function onPath(tool) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
