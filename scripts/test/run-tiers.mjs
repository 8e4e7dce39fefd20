import { existsSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { runLint } from "../lint/run.mjs";
import { runMochaTier, testFiles } from "./mocha-tier.mjs";
import { byTier, totals, writeTierReport } from "./report.mjs";
import { lintTier, mochaTiers } from "./tiers.mjs";

/**
 * @typedef {import("./mocha-tier.mjs").TierResult} TierResult
 * @typedef {{ root: string, say: (text: string) => void, env: NodeJS.ProcessEnv, abort: AbortSignal, jobs: number,
 *   colours: boolean }} TierOptions
 * @typedef {{ tier: string, run: () => Promise<TierResult> }} Unit What one process runs: a tier, or one file of it.
 */

/** Most cases of the slow tiers wait for machines, so that one job more than there are cores keeps the cores busy. */
export const DEFAULT_JOBS = availableParallelism() + 1;

/**
 * Runs the named tiers, `jobs` units at a time; a failing one does not keep the others from running. The first job
 * takes units from the front, where the quick ones are, the others from the end, where the long ones are.
 *
 * @param {string[]} names
 * @param {TierOptions} options
 * @returns {Promise<TierResult[]>} in the order of the tiers.
 */
export async function runTiers(names, options) {
  const { root, say, abort, jobs } = options;
  const folder = join(root, ".cache", "test-report");
  forgetReports(folder, names);
  const waiting = names.flatMap((name) => unitsOf(name, folder, options));
  const left = new Map(names.map((name) => [name, waiting.filter(({ tier }) => tier === name).length]));
  /** @type {TierResult[]} */
  const results = [];
  const job = async (/** @type {number} */ nth) => {
    const next = () => (nth === 0 ? waiting.shift() : waiting.pop());
    for (let unit = next(); unit && !abort.aborted; unit = next()) {
      results.push(await unit.run());
      const units = (left.get(unit.tier) ?? 0) - 1;
      left.set(unit.tier, units);
      if (units > 0) continue;
      const [done] = byTier(results.filter(({ name }) => name === unit.tier));
      if (!done) continue;
      writeTierReport(folder, done);
      say(`${done.name}: ${totals([done])} in ${done.seconds.toFixed(1)} s`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, (_, nth) => job(nth)));
  const tiers = byTier(results);
  return names.flatMap((name) => tiers.filter((tier) => tier.name === name));
}

/**
 * Removes what the last run of these tiers left; other tiers may be running in another process.
 *
 * @param {string} folder
 * @param {string[]} names
 */
function forgetReports(folder, names) {
  if (!existsSync(folder)) return;
  for (const file of readdirSync(folder)) {
    if (names.some((name) => file.startsWith(`${name}.`) || file.startsWith(`${name}-`)))
      rmSync(join(folder, file));
  }
}

/**
 * @param {string} name
 * @param {string} folder
 * @param {TierOptions} options
 * @returns {Unit[]}
 */
function unitsOf(name, folder, options) {
  const { root, say, env, abort, colours } = options;
  if (name === lintTier.name) {
    const run = () => {
      say(`${name}: ${lintTier.about}; limit ${lintTier.limitSeconds} s`);
      return runLint({ root, say, abort, limitSeconds: lintTier.limitSeconds });
    };
    return [{ tier: name, run }];
  }
  const tier = mochaTiers.find((one) => one.name === name);
  if (!tier) throw new Error(`No tier is named "${name}".`);
  const all = testFiles(root, tier);
  if (all.length === 0)
    return [{ tier: name, run: () => Promise.resolve(empty(name, `No test files lie in ${tier.folder}.`)) }];
  return (tier.byFile ? all.map((file) => [file]) : [all]).map((files) => {
    const [only = ""] = files;
    const what = tier.byFile ? `${name}, ${basename(only, ".test.ts")}` : name;
    const run = async () => {
      say(`${what}: ${tier.about}; limit ${tier.limitSeconds} s`);
      const result = await runMochaTier(tier, {
        ...{ root, files, env, limitSeconds: tier.limitSeconds, abort, colours, say },
        report: join(folder, `${what.replace(", ", "-")}.jsonl`),
      });
      return result.cases.length === 0
        ? empty(name, `${files.length === 1 ? only : `Its ${files.length} test files`} held no test.`)
        : result;
    };
    return { tier: name, run };
  });
}

/**
 * A tier in which nothing ran proves nothing, and must not look as if it did.
 *
 * @param {string} name
 * @param {string} error
 * @returns {TierResult}
 */
function empty(name, error) {
  return {
    name,
    seconds: 0,
    cases: [{ title: "the tier as a whole", file: "", seconds: 0, state: "failed", error }],
  };
}
