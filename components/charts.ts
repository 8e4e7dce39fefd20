import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ChartKeys } from "@ebpf-platform/lib/charts";
import { projectRoot } from "./project-root";

/** The keys a chart knows, from `charts/`; `platform release charts` writes them. */
export function loadChartKeys(chart: string): ChartKeys {
  const path = join(projectRoot(), "charts", `${chart}.json`);
  return JSON.parse(readFileSync(path, "utf8")) as ChartKeys;
}
