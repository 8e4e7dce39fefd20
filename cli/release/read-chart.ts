import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  keysOfValues,
  mergeKeys,
  OTHERS,
  withSchema,
  type ChartKeys,
  type KeyTable,
} from "@ebpf-platform/lib/charts";
import type { ChartPin } from "@ebpf-platform/lib/release";
import { parse } from "yaml";
import { z } from "zod";
import { Failure } from "../failure";
import { lastLines, runCommand } from "../run-command";

const EXTRACT_LIMIT_MS = 60_000;
const chartFile = z.object({
  version: z.string(),
  dependencies: z
    .array(z.object({ name: z.string(), version: z.string(), alias: z.string().optional() }))
    .default([]),
});

/**
 * The keys of a pinned chart, read from `<folder>/<name>-<version>.tgz` or from an unpacked `<folder>/<name>/`. Throws a
 * `Failure` when neither is there or when it is not what the pin says.
 */
export async function readChart(folder: string, name: string, pin: ChartPin): Promise<ChartKeys> {
  const archive = join(folder, `${name}-${pin.version}.tgz`);
  if (!existsSync(archive)) return keysIn(join(folder, name), folder, name, pin);
  const unpacked = mkdtempSync(join(tmpdir(), "ebpf-platform-chart-"));
  try {
    const answer = await runCommand(
      "tar",
      ["--extract", "--gzip", "--file", archive, "--directory", unpacked],
      {
        timeoutMs: EXTRACT_LIMIT_MS,
      },
    );
    if (answer.code !== 0) {
      throw new Failure("failed", `Unpacking ${archive} failed: ${lastLines(answer.stderr, 3)}`);
    }
    return keysIn(join(unpacked, name), folder, name, pin);
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
  }
}

function keysIn(chart: string, folder: string, name: string, pin: ChartPin): ChartKeys {
  if (!existsSync(join(chart, "Chart.yaml"))) {
    throw new Failure(
      "usage",
      `${folder} has neither ${name}-${pin.version}.tgz nor ${name}/Chart.yaml; fetch the chart from ${pin.repository}.`,
    );
  }
  const reading = { folder, files: {} as Record<string, string>, gaps: [] as string[] };
  const { version } = chartFile.parse(parse(readFileSync(join(chart, "Chart.yaml"), "utf8")));
  const keys = keysOfChart(chart, "", reading);
  const found = reading.files["values.yaml"] ?? "";
  if (version !== pin.version || found !== pin.valuesSha256) {
    throw new Failure(
      "failed",
      `releases/pins.json has ${name} ${pin.version} with values ${pin.valuesSha256}, and ${chart} is ${version} with values ${found}; correct the one that is wrong.`,
    );
  }
  return {
    chart: name,
    version,
    repository: pin.repository,
    files: reading.files,
    gaps: reading.gaps,
    keys,
  };
}

interface Reading {
  readonly folder: string;
  readonly files: Record<string, string>;
  readonly gaps: string[];
}

/** Keys of a chart and, under their names, of the charts inside it. */
function keysOfChart(chart: string, within: string, reading: Reading): KeyTable {
  const text = readNoted(chart, "values.yaml", within, reading);
  const schema = existsSync(join(chart, "values.schema.json"))
    ? readNoted(chart, "values.schema.json", within, reading)
    : undefined;
  const own = keysOfValues(text);
  const keys: Record<string, KeyTable[string]> = {
    ...(schema === undefined ? own : withSchema(own, JSON.parse(schema))),
  };
  const { dependencies } = chartFile.parse(parse(readFileSync(join(chart, "Chart.yaml"), "utf8")));
  for (const { name, version, alias } of dependencies) {
    const key = alias ?? name;
    const inner = dependencyKeys(chart, name, version, `${within}charts/${name}/`, reading);
    keys[key] = mergeKeys(keys[key] ?? {}, inner);
  }
  // Helm gives every chart this one.
  keys.global = mergeKeys(keys.global ?? {}, { [OTHERS]: "any" });
  return keys;
}

function dependencyKeys(
  chart: string,
  name: string,
  version: string,
  within: string,
  reading: Reading,
): KeyTable {
  const place = [join(chart, "charts", name), join(reading.folder, name)].find((each) =>
    existsSync(join(each, "values.yaml")),
  );
  if (place === undefined) {
    reading.gaps.push(`${within.slice(0, -1)} ${version} was not in hand`);
    return { [OTHERS]: "any", enabled: "scalar" };
  }
  const found = chartFile.parse(parse(readFileSync(join(place, "Chart.yaml"), "utf8"))).version;
  if (found !== version && place.startsWith(reading.folder)) {
    reading.gaps.push(`${within.slice(0, -1)} was read at ${found}, and the chart asks for ${version}`);
  }
  return keysOfChart(place, within, reading);
}

function readNoted(chart: string, file: string, within: string, { files }: Reading): string {
  const bytes = readFileSync(join(chart, file));
  files[`${within}${file}`] = createHash("sha256").update(bytes).digest("hex");
  return bytes.toString("utf8");
}
