#!/usr/bin/env node
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { drawStack } from "./graph/draw-stack.mjs";
import { recordOf } from "./graph/read-stack.mjs";

const HELP = `Draws the resource graph of a stack as SVG.

Usage: pulumi stack export | node scripts/graph.mjs > docs/architecture.svg
       node scripts/graph.mjs [--output FILE.svg] [--record FILE.json] [EXPORT.json]

It reads the answer of \`pulumi stack export\` or of \`pulumi preview --json\`, from a file or from standard input.
--record keeps the graph without inputs, outputs and secrets; docs/architecture.svg is drawn from such a record:
test/fixtures/graph/lab.json.
`;

process.exitCode = main();

function main() {
  try {
    const text = { type: /** @type {const} */ ("string") };
    const options = { output: text, record: text, help: { type: /** @type {const} */ ("boolean") } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    const document = JSON.parse(readFileSync(positionals[0] ?? 0, "utf8"));
    const svg = drawStack(document);
    if (values.record !== undefined)
      writeFileSync(values.record, `${JSON.stringify(recordOf(document), null, 2)}\n`);
    if (values.output === undefined) process.stdout.write(svg);
    else writeFileSync(values.output, svg);
    return 0;
  } catch (error) {
    console.error(
      `The picture could not be drawn: ${error instanceof Error ? error.message : String(error)}`,
    );
    return 1;
  }
}
