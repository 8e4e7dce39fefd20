import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runBounded } from "./bounded-process.mjs";

const mocha = join(dirname(createRequire(import.meta.url).resolve("mocha/package.json")), "bin", "mocha.js");

const reporter = join(import.meta.dirname, "mocha-reporter.cjs");

/**
 * @typedef {{ title: string, file: string, seconds: number, state: "passed" | "failed" | "skipped",
 *   missing?: string, error?: string }} TestCase
 * @typedef {{ name: string, seconds: number, cases: TestCase[] }} TierResult
 */

/**
 * The test files of a tier, in a stable order.
 *
 * @param {string} root
 * @param {import("./tiers.mjs").MochaTier} tier
 */
export function testFiles(root, tier) {
  if (!existsSync(join(root, tier.folder))) return [];
  return readdirSync(join(root, tier.folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(tier.folder, name))
    .filter((path) => path.endsWith(".test.ts") && !(tier.except && path.startsWith(`${tier.except}/`)))
    .sort();
}

/**
 * Runs test files under mocha in a process of its own. Whatever happens to that process becomes a case of the
 * result: a crash, a hang and a skip that names no missing part are failures.
 *
 * @param {import("./tiers.mjs").MochaTier} tier
 * @param {{ root: string, files: string[], report: string, env: NodeJS.ProcessEnv, limitSeconds: number,
 *   say: (text: string) => void, colours?: boolean, node?: string, abort?: AbortSignal, graceSeconds?: number }} options
 * @returns {Promise<TierResult>}
 */
export async function runMochaTier(tier, options) {
  const { root, files, report, limitSeconds, say, colours = false } = options;
  const started = Date.now();
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const args = [
    mocha,
    ...["--reporter", reporter],
    ...["--reporter-option", `output=${report}`, "--reporter-option", `live=${tier.live}`],
    ...["--reporter-option", `colours=${String(colours)}`],
    ...files,
  ];
  let rest = "";
  const end = await runBounded(options.node ?? process.execPath, args, {
    cwd: root,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
    onOutput: (chunk) => {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) say(line);
    },
    limitSeconds,
    ...(options.graceSeconds === undefined ? {} : { graceSeconds: options.graceSeconds }),
    ...(options.abort ? { abort: options.abort } : {}),
    finished: () => existsSync(report) && readFileSync(report, "utf8").endsWith('{"event":"end"}\n'),
  });
  if (rest !== "") say(rest);
  const seconds = (Date.now() - started) / 1000;
  return { name: tier.name, seconds, cases: judge(readEvents(report), end, limitSeconds) };
}

/**
 * Turns the reporter's events and the end of the mocha process into cases.
 *
 * @param {ReturnType<typeof readEvents>} events
 * @param {Pick<Awaited<ReturnType<typeof runBounded>>, "code" | "signal" | "stopped" | "leftBehind">} end
 * @param {number} limitSeconds
 * @returns {TestCase[]}
 */
export function judge(events, end, limitSeconds) {
  /** @type {TestCase[]} */
  const cases = [];
  let running = "the loading of the test files";
  let complete = false;
  for (const { event, ...rest } of events) {
    if (event === "start") running = `"${rest.title}"`;
    else if (event === "end") complete = true;
    else if (event === "pass") cases.push({ ...rest, state: "passed" });
    else if (event === "fail") cases.push({ ...rest, state: "failed" });
    else if (rest.missing) cases.push({ ...rest, state: "skipped" });
    else {
      const error =
        'Skipped without a reason: name the missing part with missing(this, "…") of test/support/missing.ts.';
      cases.push({ ...rest, state: "failed", error });
    }
  }
  const problem = (/** @type {string} */ error) =>
    cases.push({ title: "the test process", file: "", seconds: 0, state: "failed", error });
  const failed = cases.some(({ state }) => state === "failed");
  if (end.stopped === "limit")
    problem(`Its limit of ${limitSeconds} s passed during ${running}; it was stopped.`);
  else if (end.stopped === "interrupted") problem(`Interrupted during ${running}.`);
  else if (end.stopped === "lingered")
    problem("All cases were done, but something they opened kept the process alive; it was stopped.");
  else if (!complete) {
    problem(
      `It ended with ${end.signal ?? `status ${end.code}`} during ${running}, before all cases were done.`,
    );
  } else if (end.code !== 0 && !failed)
    problem(`Every case passed, and yet it ended with ${end.signal ?? `status ${end.code}`}.`);
  if (end.leftBehind && !end.stopped)
    problem("Processes it had started were still running at its end; they were killed.");
  return cases;
}

/**
 * @param {string} report
 * @returns {{ event: "start" | "pass" | "fail" | "skip" | "end", title: string, file: string, seconds: number,
 *   missing?: string, error?: string }[]}
 */
function readEvents(report) {
  if (!existsSync(report)) return [];
  // The last line is empty, or cut when the process was killed while it wrote.
  return readFileSync(report, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
