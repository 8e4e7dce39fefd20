import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";
import { byTier, count } from "./report.mjs";

/**
 * What a soak run proved, of which commit and on which machine, as Markdown.
 *
 * @param {{ commit: string, results: import("./mocha-tier.mjs").TierResult[], planned: number,
 *   options: { seed: number, seeds: number } }} run
 */
export function soakReport({ commit, results, planned, options }) {
  const tiers = byTier(results);
  const rows = tiers.map((tier) => {
    const { passed, failed, skipped } = count([tier]);
    return `| ${tier.name} | ${passed} | ${failed} | ${skipped} | ${tier.seconds.toFixed(0)} |`;
  });
  const { passed, failed, skipped } = count(tiers);
  const seconds = tiers.reduce((sum, tier) => sum + tier.seconds, 0);
  const failures = tiers.flatMap(({ name, cases }) =>
    cases
      .filter(({ state }) => state === "failed")
      .map(({ file, title, error }) => `- **${name}** ${file} ${title}\n\n${indent(error ?? "")}\n`),
  );
  /** @type {Map<string, number>} */
  const parts = new Map();
  for (const { missing } of tiers.flatMap(({ cases }) => cases)) {
    if (missing) parts.set(missing, (parts.get(missing) ?? 0) + 1);
  }
  return `# Soak run of ${commit}

| | |
| --- | --- |
| Commit | ${commit} |
| Written | ${new Date().toISOString()} |
| Steps | ${results.length} of ${planned} done |
| Seeds | ${options.seed} to ${options.seed + options.seeds - 1} |
| Kernel | ${type()} ${release()} ${arch()} |
| Processor | ${availableParallelism()} × ${cpus()[0]?.model ?? "unknown"} |
| Memory | ${(totalmem() / 2 ** 30).toFixed(1)} GiB |
| Node | ${process.version} |

| Tier | Passed | Failed | Skipped | Seconds |
| --- | --: | --: | --: | --: |
${rows.join("\n")}
| **all** | ${passed} | ${failed} | ${skipped} | ${seconds.toFixed(0)} |

## Missing parts

${[...parts].map(([part, cases]) => `- ${part}: ${cases} skipped`).join("\n") || "None."}

## Failures

${failures.join("\n") || "None."}
`;
}

const indent = (/** @type {string} */ text) => text.trim().replaceAll(/^/gm, "      ");
