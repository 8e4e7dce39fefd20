import type { Stage } from "@ebpf-platform/lib/config/types";
import type { Judgement } from "@ebpf-platform/policy/judge";
import { manifestContext } from "@ebpf-platform/policy/manifest-context";
import { checkManifests, type ManifestFacts, type ManifestSource } from "@ebpf-platform/policy/manifests";
import { rules } from "@ebpf-platform/policy/rules/all";
import type { SeenResource } from "../stack/operation";
import type { RenderedRelease } from "./render-releases";

/** The name that findings about the program's own objects would have; the preview has judged those. */
const PROGRAM = "program";

/** What the rules of a stage say of rendered charts. */
export interface ChartJudgement {
  readonly judgements: readonly Judgement[];
  /** Objects of each release, by its name. */
  readonly objects: Readonly<Record<string, number>>;
}

/**
 * Judges rendered charts together with the objects that the program makes itself: a chart's pods lie in a namespace that
 * the program has labelled and closed. Only what is found about the charts is told.
 */
export function judgeCharts(
  rendered: readonly RenderedRelease[],
  resources: readonly Pick<SeenResource, "type" | "inputs">[],
  stage: Stage,
): ChartJudgement {
  const own = resources
    .filter(({ type, inputs }) => type.startsWith("kubernetes:") && isObject(inputs))
    .map(({ inputs }) => inputs);
  const sources: ManifestSource[] = [
    { file: PROGRAM, text: JSON.stringify({ apiVersion: "v1", kind: "List", items: own }) },
    ...rendered.map(({ release, text }) => ({
      file: fileOf(release.name),
      text,
      namespace: release.namespace,
    })),
  ];
  const { objects, judgements } = checkManifests(sources, {
    rules,
    context: manifestContext(stage, new Date()),
  });
  const placeOf = ({ resource, finding }: Judgement): string =>
    (resource as ManifestFacts | undefined)?.file ?? finding.urn ?? "";
  return {
    judgements: judgements.filter((judgement) => !placeOf(judgement).startsWith(PROGRAM)),
    objects: Object.fromEntries(
      rendered.map(({ release }) => [
        release.name,
        objects.filter(({ file }) => file === fileOf(release.name)).length,
      ]),
    ),
  };
}

/** The file that a release is written to and that findings name. */
export function fileOf(release: string): string {
  return `${release}.yaml`;
}

function isObject(inputs: SeenResource["inputs"]): boolean {
  return typeof inputs["kind"] === "string" && typeof inputs["apiVersion"] === "string";
}
