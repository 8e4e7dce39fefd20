#!/usr/bin/env node
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runBounded } from "./test/bounded-process.mjs";
import { count, tierSummary, totals } from "./test/report.mjs";
import { DEFAULT_JOBS, runTiers } from "./test/run-tiers.mjs";
import { runSoak } from "./test/soak.mjs";
import { lintTier, mochaTiers, tierNames } from "./test/tiers.mjs";

const HELP = `Runs the tests of ebpf-platform, tier by tier. \`npm test\` does the set-up first.

Usage: node scripts/test.mjs [options]

  --tier NAME   run this tier only (repeatable): ${tierNames.join(", ")}
  --list        list the tiers and end
  --jobs N      units of work that run side by side (default ${DEFAULT_JOBS}: one more than there are cores)
  --seed N      first seed of the random cases (default 1)
  --soak        all seeds and all kill points, in steps that can be resumed; report in .cache/soak/
  --seeds N     seeds a soak run takes (default 10)
  --fresh       soak: forget the steps already done for this commit
  --no-build    do not compile first
  --json        the result as JSON on standard output, everything else on standard error
  --help        this text

Reports: .cache/test-report/<tier>.json and .xml (JUnit).
Exit status: 0 all passed or skipped for a named missing part, 1 a failure, 2 wrong usage, 130 interrupted.
`;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

process.exitCode = await main();

async function main() {
  const options = readOptions();
  if (typeof options === "string") {
    console.error(options);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (options.list) {
    for (const { name, about } of [lintTier, ...mochaTiers]) console.log(`${name.padEnd(10)} ${about}`);
    return 0;
  }
  const say = (/** @type {string} */ text) => (options.json ? console.error(text) : console.log(text));
  const abort = stopOnSignal(say);
  const colours = Boolean((options.json ? process.stderr : process.stdout).isTTY) && !process.env.NO_COLOR;
  const common = { root, say, abort, colours, env: testEnvironment(options) };
  if (options.build && !(await build(common))) return finish([buildFailure()], options.json, say);
  const results = options.soak
    ? await runSoak(options.tiers, {
        ...common,
        seed: options.seed,
        seeds: options.seeds,
        fresh: options.fresh,
      })
    : await runTiers(options.tiers, { ...common, jobs: options.jobs });
  const status = finish(results, options.json, say);
  return abort.aborted ? 130 : status;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        tier: { type: "string", multiple: true },
        list: { type: "boolean" },
        jobs: { type: "string" },
        seed: { type: "string" },
        seeds: { type: "string" },
        soak: { type: "boolean" },
        fresh: { type: "boolean" },
        "no-build": { type: "boolean" },
        json: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    const unknown = (values.tier ?? []).filter((name) => !tierNames.includes(name));
    if (unknown.length > 0)
      return `--tier: no tier is named "${unknown[0]}"; there are ${tierNames.join(", ")}.`;
    const whole = (/** @type {string} */ name, /** @type {string} */ text) => {
      if (!/^[1-9]\d{0,8}$/.test(text))
        throw new Error(`--${name}: "${text}" is not a whole number from 1 to 999999999.`);
      return Number(text);
    };
    return {
      tiers: values.tier ? tierNames.filter((name) => values.tier?.includes(name)) : tierNames,
      jobs: whole("jobs", values.jobs ?? String(DEFAULT_JOBS)),
      seed: whole("seed", values.seed ?? "1"),
      seeds: whole("seeds", values.seeds ?? "10"),
      soak: values.soak ?? false,
      fresh: values.fresh ?? false,
      build: !values["no-build"],
      json: values.json ?? false,
      list: values.list ?? false,
      help: values.help ?? false,
    };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)} See node scripts/test.mjs --help.`;
  }
}

/** @param {{ seed: number, soak: boolean }} options */
function testEnvironment({ seed, soak }) {
  const { SOAK: _, ...env } = process.env;
  return { ...env, SEED: String(seed), ...(soak ? { SOAK: "1" } : {}) };
}

/** @param {{ abort: AbortSignal, say: (text: string) => void }} options */
async function build({ abort, say }) {
  mkdirSync(join(root, ".cache"), { recursive: true });
  const end = await runBounded(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"], {
    ...{
      cwd: root,
      env: process.env,
      stdio: ["ignore", "pipe", "pipe"],
      onOutput: (chunk) => say(chunk.trimEnd()),
      limitSeconds: 300,
      abort,
      cleanUpSeconds: 2,
    },
  });
  if (end.code !== 0)
    say("The program does not compile; no test was run. Mend the errors above, then run again.");
  return end.code === 0;
}

/** @returns {import("./test/mocha-tier.mjs").TierResult} */
function buildFailure() {
  const error = "tsc -b failed.";
  return {
    name: "build",
    seconds: 0,
    cases: [{ title: "tsc -b", file: "", seconds: 0, state: "failed", error }],
  };
}

/**
 * The first Ctrl-C lets the running case end and its clean-up run; a second one kills what is left.
 *
 * @param {(text: string) => void} say
 */
function stopOnSignal(say) {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      say(`\n${signal}: the running case is stopped and cleaned up, which may take a minute.`);
      controller.abort();
    });
  }
  return controller.signal;
}

/**
 * @param {import("./test/mocha-tier.mjs").TierResult[]} results
 * @param {boolean} json
 * @param {(text: string) => void} say
 */
function finish(results, json, say) {
  const { failed } = count(results);
  if (results.length === 0) say("No test ran: the chosen tiers hold none yet, or the run was interrupted.");
  say(results.map(tierSummary).join("\n"));
  say("");
  say(totals(results));
  if (json) process.stdout.write(`${JSON.stringify({ ...count(results), tiers: results }, null, 2)}\n`);
  return failed === 0 && results.length > 0 ? 0 : 1;
}
