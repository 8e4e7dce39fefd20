import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Digest } from "@ebpf-platform/lib/release";
import { lastLines } from "../run-command";
import { findChart } from "./find-chart";
import { Helm } from "./helm";
import { unknownValues, type HelmRelease } from "./releases";

/** A release with everything that its chart makes of its values. */
export interface RenderedRelease {
  readonly release: HelmRelease;
  readonly origin: string;
  /** YAML of all objects, hooks and custom resource definitions included, tests not. */
  readonly text: string;
}

/** A release that was not rendered, and why. */
export interface NotRendered {
  readonly release: HelmRelease;
  readonly reason: string;
}

export interface RenderOptions {
  /** Version of Kubernetes that charts are told, as `1.34.9`. */
  readonly kubernetes: string;
  readonly digests: Readonly<Record<string, Digest | undefined>>;
  readonly folder?: string;
  readonly note: (text: string) => void;
}

/** What the operator's kinds are called: its chart is installed before those that have monitors. */
const MONITOR_KINDS = "monitoring.coreos.com/v1";

/**
 * Renders releases as Helm would install them, one after the other, so that a chart sees the kinds that charts before it
 * have brought. Nothing is asked of a cluster; what a template looks up there is empty.
 */
export async function renderReleases(
  releases: readonly HelmRelease[],
  { kubernetes, digests, folder, note }: RenderOptions,
): Promise<{ helm: string; rendered: readonly RenderedRelease[]; missing: readonly NotRendered[] }> {
  const work = mkdtempSync(join(tmpdir(), "ebpf-platform-render-"));
  try {
    const helm = await Helm.find(join(work, "helm"), note);
    const fetched = join(work, "charts");
    mkdirSync(fetched);
    const rendered: RenderedRelease[] = [];
    const missing: NotRendered[] = [];
    const served = new Set<string>();
    if (releases.some(({ chart }) => chart.includes("prometheus-operator-crds"))) served.add(MONITOR_KINDS);
    for (const release of releases) {
      const unknown = unknownValues(release);
      const found =
        unknown.length > 0
          ? { reason: `a preview does not know its values ${unknown.join(", ")}` }
          : await findChart(release, helm, {
              digests,
              fetched,
              ...(folder === undefined ? {} : { folder }),
            });
      if ("reason" in found) {
        missing.push({ release, reason: found.reason });
        continue;
      }
      const values = join(work, "values.json");
      writeFileSync(values, JSON.stringify(release.values), { mode: 0o600 });
      const answer = await helm.run([
        ...["template", release.name, found.path, "--namespace", release.namespace],
        ...["--values", values, "--kube-version", kubernetes, "--include-crds", "--skip-tests"],
        ...[...served].flatMap((version) => ["--api-versions", version]),
      ]);
      if (answer.code === 0) {
        rendered.push({ release, origin: found.origin, text: answer.stdout });
        for (const version of definedVersions(answer.stdout)) served.add(version);
      } else {
        missing.push({ release, reason: `Helm does not render it: ${lastLines(answer.stderr, 2)}` });
      }
    }
    return { helm: helm.version, rendered, missing };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** `group/version` and `group/version/Kind` of every custom resource definition in a text. */
function definedVersions(text: string): string[] {
  if (!text.includes("kind: CustomResourceDefinition")) return [];
  return parseAllDocuments(text).flatMap((document) => {
    const object = document.toJS() as Definition | null;
    if (object?.kind !== "CustomResourceDefinition") return [];
    const { group, names, versions } = object.spec;
    return versions
      .filter(({ served }) => served)
      .flatMap(({ name }) => [`${group}/${name}`, `${group}/${name}/${names.kind}`]);
  });
}

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean }[];
  };
}
