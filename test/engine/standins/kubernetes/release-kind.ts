import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { difference } from "../provider/difference";
import {
  containsUnknown,
  reveal,
  revealMap,
  uniqueHex,
  UNKNOWN,
  type Property,
  type PropertyMap,
} from "../provider/property";
import type { CheckFailure, ResourceKind } from "../provider/stand-in";
import type { ProviderConfig } from "./provider-config";

// What Helm waits by default, in seconds (defaultTimeoutSeconds of the official provider).
const TIMEOUT_SECONDS = 300;

/** `kubernetes:helm.sh/v3:Release`: the chart is looked at as far as it is here, and the release is recorded. */
export function releaseKind(config: () => ProviderConfig): ResourceKind {
  return {
    check({ inputs: given, oldInputs, name }) {
      const defaults: PropertyMap = { namespace: config().namespace ?? "default" };
      if (reveal(given.skipAwait ?? null) !== true) defaults.timeout = TIMEOUT_SECONDS;
      if (given.name === undefined) defaults.name = oldInputs.name ?? uniqueHex(`${name}-`);
      const inputs = withoutZeros({ ...defaults, ...given });
      delete inputs.resourceNames;
      if (containsUnknown(inputs)) return { inputs, failures: [] };
      const chart = findChart(revealMap(inputs));
      if ("problem" in chart) return { inputs, failures: [failure(chart.problem)] };
      return { inputs: { ...inputs, version: chart.version }, failures: [] };
    },

    diff: ({ oldInputs, inputs }) =>
      difference(revealMap(oldInputs), revealMap(inputs), (path) => path === "name" || path === "namespace"),

    create({ inputs, preview }) {
      if (preview) return Promise.resolve({ id: "", outputs: planned(inputs) });
      const { name, namespace } = releaseSchema.parse(revealMap(inputs));
      return Promise.resolve({ id: `${namespace}/${name}`, outputs: recorded(inputs, 1) });
    },

    update({ inputs, state, preview }) {
      if (preview) return Promise.resolve(planned(inputs));
      const status = statusSchema.safeParse(reveal(state.status ?? null));
      return Promise.resolve(recorded(inputs, status.success ? status.data.revision + 1 : 1));
    },

    delete: () => Promise.resolve(),
  };
}

const releaseSchema = z.object({
  chart: z.string(),
  name: z.string(),
  namespace: z.string(),
  version: z.string().default(""),
});

const statusSchema = z.object({ revision: z.number() });

function planned(inputs: PropertyMap): PropertyMap {
  return { ...inputs, resourceNames: UNKNOWN, status: UNKNOWN };
}

function recorded(inputs: PropertyMap, revision: number): PropertyMap {
  const { chart, name, namespace, version } = releaseSchema.parse(revealMap(inputs));
  const status = { status: "deployed", chart: chartName(chart), name, namespace, version, revision };
  return { ...inputs, resourceNames: {}, status };
}

function chartName(chart: string): string {
  return chart
    .replace(/\/$/, "")
    .replace(/^.*\//, "")
    .replace(/-\d[^/]*\.tgz$/, "");
}

/** The official provider keeps no member that is false, zero or empty. */
function withoutZeros(values: PropertyMap): PropertyMap {
  const zero = (value: Property) => value === false || value === 0 || value === "" || value === null;
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !zero(reveal(value))));
}

function failure(problem: string): CheckFailure {
  return { property: "chart", reason: `${problem}; check the chart name and repository configuration.` };
}

const chartSchema = z.object({ name: z.string(), version: z.string() });

/** A chart in a folder tells its version itself; any other has to be given one, because nothing is fetched here. */
function findChart(release: PropertyMap): { version: string } | { problem: string } {
  const { chart, version } = release;
  if (typeof chart !== "string") return { problem: "chart is required" };
  const isFolder = existsSync(chart) && statSync(chart).isDirectory();
  if (isFolder) return chartInFolder(chart);
  const isPath = /^[./]/.test(chart);
  if (isPath && !existsSync(chart)) return { problem: `path "${chart}" not found` };
  if (typeof version === "string") return { version };
  return { problem: `the version of chart ${chart} is required where the stand-in serves the stack` };
}

function chartInFolder(folder: string): { version: string } | { problem: string } {
  const file = join(folder, "Chart.yaml");
  if (!existsSync(file)) return { problem: "Chart.yaml file is missing" };
  const parsed = chartSchema.safeParse(parse(readFileSync(file, "utf8")));
  return parsed.success
    ? { version: parsed.data.version }
    : { problem: `${file} names no chart and version` };
}
