import { join } from "node:path";
import { runLint } from "../lint/run.mjs";
import { runMochaTier, testFiles } from "./mocha-tier.mjs";
import { totals, writeTierReport } from "./report.mjs";
import { lintTier, mochaTiers } from "./tiers.mjs";

/**
 * Runs the named tiers one after the other; a failing tier does not keep the next from running.
 *
 * @param {string[]} names
 * @param {{ root: string, say: (text: string) => void, output: number, env: NodeJS.ProcessEnv, soak?: boolean,
 *   abort: AbortSignal }} options
 */
export async function runTiers(names, options) {
  const folder = join(options.root, ".cache", "test-report");
  const results = [];
  for (const name of names) {
    if (options.abort.aborted) break;
    const result = await runTier(name, folder, options);
    if (!result) continue;
    results.push(result);
    writeTierReport(folder, result);
    options.say(`    ${totals([result])} in ${result.seconds.toFixed(1)} s\n`);
  }
  return results;
}

/**
 * @param {string} name
 * @param {string} folder
 * @param {Parameters<typeof runTiers>[1]} options
 * @returns {Promise<import("./mocha-tier.mjs").TierResult | undefined>}
 */
async function runTier(name, folder, options) {
  const { root, say, env, abort } = options;
  if (name === lintTier.name) {
    say(`${name}: ${lintTier.about}; limit ${lintTier.limitSeconds} s`);
    return runLint({ root, say, abort, limitSeconds: lintTier.limitSeconds });
  }
  const tier = mochaTiers.find((one) => one.name === name);
  if (!tier) throw new Error(`No tier is named "${name}".`);
  const files = testFiles(root, tier);
  if (files.length === 0 && tier.later) return undefined;
  const limitSeconds = tier.limitSeconds * (options.soak ? tier.soakFactor : 1);
  say(`${name}: ${tier.about}; limit ${limitSeconds} s`);
  if (files.length === 0) return empty(name, `No test files lie in ${tier.folder}.`);
  const result = await runMochaTier(tier, {
    ...{ root, files, env, limitSeconds, abort, output: options.output },
    report: join(folder, `${name}.jsonl`),
  });
  return result.cases.length === 0 ? empty(name, `Its ${files.length} test files hold no test.`) : result;
}

/**
 * A tier in which nothing ran proves nothing, and must not look as if it did.
 *
 * @param {string} name
 * @param {string} error
 * @returns {import("./mocha-tier.mjs").TierResult}
 */
function empty(name, error) {
  return {
    name,
    seconds: 0,
    cases: [{ title: "the tier as a whole", file: "", seconds: 0, state: "failed", error }],
  };
}
