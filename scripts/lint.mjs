#!/usr/bin/env node
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runLint } from "./lint/run.mjs";
import { totals } from "./test/report.mjs";
import { lintTier } from "./test/tiers.mjs";

// `npm run lint` checks; `npm run lint -- --fix` first lets the formatters write.
const options = process.argv.slice(2);
const unknown = options.find((option) => option !== "--fix");
if (unknown === undefined) {
  const result = await runLint({
    root: dirname(dirname(fileURLToPath(import.meta.url))),
    say: (text) => console.log(text),
    abort: new AbortController().signal,
    limitSeconds: lintTier.limitSeconds,
    fix: options.includes("--fix"),
  });
  console.log(totals([result]));
  process.exitCode = result.cases.some(({ state }) => state === "failed") ? 1 : 0;
} else {
  console.error(`"${unknown}" is no option of lint; there is only --fix.`);
  process.exitCode = 2;
}
