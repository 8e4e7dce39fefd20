import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ChartKeys } from "@ebpf-platform/lib/charts";
import { parsePins } from "@ebpf-platform/lib/release";
import { projectRoot } from "../../components/project-root";
import { readChart } from "./read-chart";

/** Writes `charts/<name>.json` for every pinned chart from the charts in a folder, and removes those of charts no longer pinned. */
export async function refreshCharts(folder: string): Promise<void> {
  const pins = parsePins(readFileSync(join(projectRoot(), "releases", "pins.json"), "utf8"));
  const read = await Promise.all(
    Object.entries(pins.charts).map(([name, pin]) => readChart(resolve(folder), name, pin)),
  );
  const target = join(projectRoot(), "charts");
  mkdirSync(target, { recursive: true });
  for (const file of readdirSync(target)) {
    if (!Object.hasOwn(pins.charts, file.replace(/\.json$/, ""))) rmSync(join(target, file));
  }
  for (const chart of read) {
    writeFileSync(join(target, `${chart.chart}.json`), renderChartKeys(chart));
    const gaps = chart.gaps.length === 0 ? "" : `; ${chart.gaps.join("; ")}`;
    console.log(`charts/${chart.chart}.json  ${chart.version}, ${String(countKeys(chart.keys))} keys${gaps}`);
  }
}

/** The one spelling of the file, so that a refresh without a change changes nothing. */
export function renderChartKeys(chart: ChartKeys): string {
  return `${JSON.stringify(chart, undefined, 1)}\n`;
}

function countKeys(keys: ChartKeys["keys"]): number {
  return Object.values(keys).reduce(
    (sum, node) => sum + 1 + (typeof node === "object" ? countKeys(node) : 0),
    0,
  );
}
