import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { parse } from "yaml";
import type { Digest } from "@ebpf-platform/lib/release";
import { lastLines } from "../run-command";
import type { Helm } from "./helm";
import { chartName, type HelmRelease } from "./releases";

/** A chart that can be rendered: an archive or an unpacked folder. */
export interface FoundChart {
  readonly path: string;
  /** Where it came from, and what its digest was compared with. */
  readonly origin: string;
}

export interface ChartPlaces {
  /** Folder with `<chart>-<version>.tgz` or an unpacked `<chart>/`. */
  readonly folder?: string;
  /** Digest of each chart's archive, as the release lock has it. */
  readonly digests: Readonly<Record<string, Digest | undefined>>;
  /** An empty folder for what is fetched. */
  readonly fetched: string;
}

/** The chart of a release: from the folder, else from its repository. The reason when it is not to be had. */
export async function findChart(
  release: HelmRelease,
  helm: Helm,
  places: ChartPlaces,
): Promise<FoundChart | { readonly reason: string }> {
  const name = chartName(release);
  const file = `${name}-${release.version}.tgz`;
  const digest = places.digests[name];
  if (isAbsolute(release.chart)) return checked(release.chart, "charts.folder of the stack", digest);
  const { folder } = places;
  if (folder !== undefined) {
    if (existsSync(join(folder, file))) return checked(join(folder, file), folder, digest);
    const unpacked = join(folder, name);
    if (existsSync(join(unpacked, "Chart.yaml"))) return inFolder(unpacked, release.version);
  }
  const source = release.repository === undefined ? [] : ["--repo", release.repository];
  const args = ["pull", release.chart, ...source, "--version", release.version, "-d", places.fetched];
  const answer = await helm.run(args);
  const fetched = readdirSync(places.fetched).find((each) => each.endsWith(file));
  if (answer.code === 0 && fetched !== undefined)
    return checked(join(places.fetched, fetched), release.repository ?? release.chart, digest);
  const why = answer.timedOut ? "no answer in time" : lastLines(answer.stderr, 1).replace(/^Error: /, "");
  return { reason: `${folder === undefined ? "" : `not in ${folder}; `}${why || "nothing was fetched"}` };
}

function checked(path: string, origin: string, digest: Digest | undefined): FoundChart | { reason: string } {
  if (digest === undefined || digest.sha256 === null)
    return { path, origin: `${origin}, with no digest in the lock` };
  const found = createHash("sha256").update(readFileSync(path)).digest("hex");
  if (found === digest.sha256) return { path, origin: `${origin}, digest as locked` };
  return { reason: `${path} has SHA-256 ${found} and the release's lock says ${digest.sha256}` };
}

function inFolder(path: string, wanted: string): FoundChart | { reason: string } {
  const { version } = parse(readFileSync(join(path, "Chart.yaml"), "utf8")) as { version?: unknown };
  return version === wanted
    ? { path, origin: `${path}, unpacked, with no digest to compare` }
    : { reason: `${path} is version ${String(version)} and the release wants ${wanted}` };
}
