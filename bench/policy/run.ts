import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format, resolveConfig } from "prettier";
import { projectRoot } from "../../components/project-root";
import { type Measurement, markdown, met, summarise, verdict } from "./report";
import { ProdStack } from "./stack";

/**
 * `npm run bench:policy [-- --rounds N --out FOLDER]`: previews prod with and without the policy pack, in turn, and
 * writes docs/benchmarks/policy.md. Ends with 1 unless the pack was seen to cost less than it may.
 */

function measure(more: number, rounds: number): Measurement {
  const stack = new ProdStack(more);
  try {
    // The first preview of each kind warms the caches of the file system and is not counted.
    const { resources } = stack.preview(true);
    stack.preview(false);
    const pairs = Array.from({ length: rounds }, (_, round) => {
      const packFirst = round % 2 === 0;
      const first = stack.preview(packFirst).milliseconds;
      const second = stack.preview(!packFirst).milliseconds;
      const [pack, plain] = packFirst ? [first, second] : [second, first];
      console.error(`  ${plain.toFixed(0)} ms without, ${pack.toFixed(0)} ms with the pack`);
      return { plain, pack };
    });
    return { resources, more, pairs };
  } finally {
    stack.remove();
  }
}

function machine(): string {
  const cpu = /^model name\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? process.arch;
  const kernel = release().replace(/^(\d+\.\d+(\.\d+)?).*/, "$1");
  return `${cpu}, ${availableParallelism()} CPUs, kernel ${kernel}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "10" },
      out: { type: "string", default: join(projectRoot(), "docs", "benchmarks") },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: "${values.rounds}" is no whole number above 0.`);
  const results = [0, 20].map((more) => {
    console.error(`prod${more === 0 ? "" : ` with ${more} machines more`}`);
    return summarise(measure(more, rounds));
  });
  const config = await resolveConfig(join(projectRoot(), "docs", "benchmarks", "policy.md"));
  const page = await format(markdown(results, machine()), { ...config, parser: "markdown" });
  writeFileSync(join(values.out, "policy.md"), page);
  for (const result of results)
    console.log(`${result.resources} resources: ${result.share.toFixed(1)} % (below 15): ${verdict(result)}`);
  if (!results.every(met)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
