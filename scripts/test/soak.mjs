import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runLint } from "../lint/run.mjs";
import { runMochaTier, testFiles } from "./mocha-tier.mjs";
import { fetchNode22 } from "./node22.mjs";
import { byTier, totals } from "./report.mjs";
import { soakReport } from "./soak-report.mjs";
import { lintTier, mochaTiers } from "./tiers.mjs";

/** Tiers whose cases depend on the version of Node, and neither on root nor on a network. */
const ON_BOTH_NODES = ["unit", "policy"];
/** A file whose cases are random takes every seed; the others would only repeat themselves. */
const RANDOM = /from "(fast-check|[^"]*\/support\/seed)"/;

/**
 * @typedef {import("./mocha-tier.mjs").TierResult} TierResult
 * @typedef {{ root: string, say: (text: string) => void, colours: boolean, env: NodeJS.ProcessEnv, abort: AbortSignal,
 *   seed: number, seeds: number, fresh: boolean }} SoakOptions
 * @typedef {{ id: string, tier: string, run: () => Promise<TierResult> }} SoakStep
 */

/**
 * Runs everything, file by file and seed by seed. Each finished step is kept under the commit's name, so that a
 * run that was cut goes on where it stopped; steps that failed run again. A tree with changes that are not
 * committed is no commit, and starts afresh each time.
 *
 * @param {string[]} tiers
 * @param {SoakOptions} options
 * @returns {Promise<TierResult[]>}
 */
export async function runSoak(tiers, options) {
  const { root, say, abort } = options;
  const git = (/** @type {string[]} */ ...args) =>
    execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  const dirty = git("status", "--porcelain") !== "";
  const commit = git("rev-parse", "--short=12", "HEAD") + (dirty ? "-dirty" : "");
  const folder = join(root, ".cache", "soak", commit);
  if (dirty || options.fresh) rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "steps"), { recursive: true });

  /** @type {TierResult[]} */
  const results = [];
  const all = steps(tiers, folder, options);
  for (const [index, step] of all.entries()) {
    const file = join(folder, "steps", `${step.id.replaceAll("/", "__")}.json`);
    const head = `[${index + 1}/${all.length}] ${step.id}`;
    const before = finishedStep(file);
    if (before) say(`${head}: done before, ${totals([before])}`);
    else say(head);
    const result = before ?? (await step.run());
    if (abort.aborted) break;
    results.push(result);
    if (!before) {
      writeFileSync(file, JSON.stringify(result));
      say(`    ${totals([result])} in ${result.seconds.toFixed(1)} s`);
    }
    writeFileSync(join(folder, "report.md"), soakReport({ commit, results, planned: all.length, options }));
  }
  say(`Report: ${join(".cache", "soak", commit, "report.md")}\n`);
  return byTier(results);
}

/**
 * @param {string[]} tiers
 * @param {string} folder
 * @param {SoakOptions} options
 * @returns {SoakStep[]}
 */
function steps(tiers, folder, options) {
  const { root, say, abort, colours, seed, seeds } = options;
  /** @type {SoakStep[]} */
  const all = [];
  if (tiers.includes(lintTier.name)) {
    const run = () => runLint({ root, say, abort, limitSeconds: lintTier.limitSeconds });
    all.push({ id: lintTier.name, tier: lintTier.name, run });
  }
  const add = (
    /** @type {import("./tiers.mjs").MochaTier} */ tier,
    /** @type {string} */ id,
    /** @type {string[]} */ files,
    /** @type {number} */ thisSeed,
    /** @type {{ name?: string, node?: () => Promise<string> }} */ { name = tier.name, node } = {},
  ) => {
    const run = async () => {
      const result = await runMochaTier(tier, {
        ...{ root, files, abort, say, colours, limitSeconds: tier.limitSeconds * tier.soakFactor },
        report: join(folder, "step.jsonl"),
        env: { ...options.env, SEED: String(thisSeed) },
        ...(node ? { node: await node() } : {}),
      });
      return { ...result, name };
    };
    all.push({ id, tier: name, run });
  };
  for (const tier of mochaTiers.filter(({ name }) => tiers.includes(name))) {
    for (const file of testFiles(root, tier)) {
      const random = RANDOM.test(readFileSync(join(root, file), "utf8"));
      for (let one = seed; one < seed + (random ? seeds : 1); one++) {
        add(
          tier,
          `${tier.name}/${file.slice(tier.folder.length + 1)}${random ? `#${one}` : ""}`,
          [file],
          one,
        );
      }
    }
    if (ON_BOTH_NODES.includes(tier.name) && testFiles(root, tier).length > 0) {
      const node = () => fetchNode22(root, options);
      const name = `${tier.name} on Node 22`;
      add(tier, `node22/${tier.name}`, testFiles(root, tier), seed, { name, node });
    }
  }
  return all;
}

/**
 * @param {string} file
 * @returns {TierResult | undefined}
 */
function finishedStep(file) {
  if (!existsSync(file)) return undefined;
  const result = /** @type {TierResult} */ (JSON.parse(readFileSync(file, "utf8")));
  return result.cases.some(({ state }) => state === "failed") ? undefined : result;
}
