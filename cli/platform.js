#!/usr/bin/env node
// The `platform` command. It only starts the compiled program, so that `npx platform` costs no compiler.
"use strict";
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const compiled = join(__dirname, "..", "bin", "cli", "main.js");
if (!existsSync(compiled)) {
  console.error(
    "platform is not compiled in this checkout; run `npm start`, or `npm ci --ignore-scripts && npm run build`.",
  );
  process.exit(3);
}
void require(compiled).main();
