import type { SeenResource } from "../stack/operation";

/** A Helm release as the engine would make it. */
export interface HelmRelease {
  readonly name: string;
  readonly namespace: string;
  /** Name in a repository, address of a registry (`oci://…`), or path of an archive. */
  readonly chart: string;
  readonly version: string;
  readonly repository?: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** How the engine shows a value that only an update makes known, and one that is secret. */
const NOT_KNOWN = ["04da6b54-80e4-46f7-96ec-b56ff0331ba9", "[secret]"];

const RELEASE = "kubernetes:helm.sh/v3:Release";

/** The releases of a preview, in the order in which the program registers them. */
export function releasesOf(resources: readonly Pick<SeenResource, "type" | "inputs">[]): HelmRelease[] {
  return resources
    .filter(({ type }) => type === RELEASE)
    .map(({ inputs }) => {
      const repository = (inputs["repositoryOpts"] as { repo?: string } | undefined)?.repo;
      return {
        name: String(inputs["name"]),
        namespace: String(inputs["namespace"]),
        chart: String(inputs["chart"]),
        version: String(inputs["version"]),
        values: (inputs["values"] ?? {}) as Record<string, unknown>,
        ...(repository === undefined ? {} : { repository }),
      };
    });
}

/** The chart's name in the release lock: the last part of where it comes from. */
export function chartName({ chart, version }: HelmRelease): string {
  const last = chart.split("/").at(-1) ?? chart;
  return last.endsWith(`-${version}.tgz`) ? last.slice(0, -`-${version}.tgz`.length) : last;
}

/** Where a release's values hold what a preview cannot know; what is rendered with them would not be what is installed. */
export function unknownValues({ values }: HelmRelease): string[] {
  return pathsOf(values, (text) => NOT_KNOWN.includes(text));
}

function pathsOf(value: unknown, isWanted: (text: string) => boolean, path = ""): string[] {
  if (typeof value === "string") return isWanted(value) ? [path] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    pathsOf(inner, isWanted, path === "" ? key : `${path}.${key}`),
  );
}
