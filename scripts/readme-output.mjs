#!/usr/bin/env node
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pasteOutput } from "./readme/paste-output.mjs";

// Pastes the recorded output of a command into the README: `npm start >log 2>&1`, then
// `node scripts/readme-output.mjs "npm start" log`.
const [command, log] = process.argv.slice(2);
if (command === undefined || log === undefined) {
  console.error('Usage: node scripts/readme-output.mjs "npm start" LOGFILE');
  process.exitCode = 2;
} else {
  const readme = join(dirname(dirname(fileURLToPath(import.meta.url))), "README.md");
  writeFileSync(readme, pasteOutput(readFileSync(readme, "utf8"), command, readFileSync(log, "utf8")));
}
