import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {import("./mocha-tier.mjs").TierResult} TierResult */

/**
 * How many cases of these tiers ended in which way.
 *
 * @param {TierResult[]} tiers
 */
export function count(tiers) {
  const of = (/** @type {string} */ state) =>
    tiers.reduce((sum, { cases }) => sum + cases.filter((one) => one.state === state).length, 0);
  return { passed: of("passed"), failed: of("failed"), skipped: of("skipped") };
}

/**
 * The line that ends every run, alone on its line.
 *
 * @param {TierResult[]} tiers
 */
export function totals(tiers) {
  const { passed, failed, skipped } = count(tiers);
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * One tier for people: a line of counts, the missing parts with the cases they cost, failures by title.
 *
 * @param {TierResult} tier
 */
export function tierSummary(tier) {
  const lines = [`${tier.name}: ${totals([tier])} in ${tier.seconds.toFixed(1)} s`];
  for (const { title, state, missing, error } of tier.cases) {
    if (state === "failed") lines.push(`  failed: ${title}: ${error?.trim().split("\n")[0]}`);
    else if (state === "skipped") {
      lines.push(
        title.includes("[missing: ") ? `  skipped: ${title}` : `  skipped: ${title} [missing: ${missing}]`,
      );
    }
  }
  return lines.join("\n");
}

/**
 * Several results of one tier (files, seeds) as one.
 *
 * @param {TierResult[]} results
 */
export function byTier(results) {
  /** @type {Map<string, TierResult>} */
  const tiers = new Map();
  for (const { name, seconds, cases } of results) {
    const tier = tiers.get(name) ?? { name, seconds: 0, cases: [] };
    tiers.set(name, { name, seconds: tier.seconds + seconds, cases: [...tier.cases, ...cases] });
  }
  return [...tiers.values()];
}

/**
 * Writes `<folder>/<tier>.json` and `<tier>.xml` (JUnit, for the machines that show test results).
 *
 * @param {string} folder
 * @param {TierResult} tier
 */
export function writeTierReport(folder, tier) {
  mkdirSync(folder, { recursive: true });
  const summary = { name: tier.name, ...count([tier]), seconds: tier.seconds, cases: tier.cases };
  writeFileSync(join(folder, `${tier.name}.json`), `${JSON.stringify(summary, null, 2)}\n`);
  writeFileSync(join(folder, `${tier.name}.xml`), junit(tier));
}

/**
 * @param {TierResult} tier
 */
export function junit(tier) {
  const { failed, skipped } = count([tier]);
  const cases = tier.cases.map(({ title, file, seconds, state, missing, error }) => {
    const head = `  <testcase classname=${attribute(file || tier.name)} name=${attribute(title)} time="${seconds.toFixed(3)}"`;
    if (state === "passed") return `${head}/>`;
    const detail =
      state === "failed"
        ? `<failure message=${attribute(error?.split("\n")[0] ?? "")}>${escape(error ?? "")}</failure>`
        : `<skipped message=${attribute(`missing: ${missing}`)}/>`;
    return `${head}>${detail}</testcase>`;
  });
  const numbers = `tests="${tier.cases.length}" failures="${failed}" skipped="${skipped}" time="${tier.seconds.toFixed(3)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name=${attribute(tier.name)} ${numbers}>\n${cases.join("\n")}\n</testsuite>\n`;
}

/** XML 1.0 has no way to write most control characters, not even escaped. */
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escape = (/** @type {string} */ text) =>
  text.replaceAll(NOT_XML, "\ufffd").replaceAll(/[&<>"]/g, (found) => ENTITIES[/** @type {"&"} */ (found)]);
const attribute = (/** @type {string} */ text) => `"${escape(text)}"`;
