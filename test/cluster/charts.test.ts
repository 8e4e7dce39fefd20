import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { judgeCharts } from "../../cli/render/judge";
import { chartName, releasesOf } from "../../cli/render/releases";
import { renderReleases, type RenderedRelease } from "../../cli/render/render-releases";
import { missing } from "../support/missing";
import type { Recorded } from "../unit/components/node/recorded-resources";
import { recordStage } from "../unit/components/platform/record-stage";
import { ApiServer } from "./support/api-server";
import { Judge } from "./support/judge";
import { definitionsFor } from "./support/kinds";
import { fetchModuleCharts } from "./support/module-charts";
import { inClear, registeredWith, type KubeObject } from "./support/objects";
import { ensurePrograms } from "./support/programs";

const stages = ["dev", "staging", "prod"] as const;
/** What the charts of Go modules break today: rule and object, with the stages. A finding that is gone must be taken out. */
const knownFindings = JSON.parse(
  readFileSync(join(__dirname, "..", "fixtures", "rendered-findings.json"), "utf8"),
) as Record<string, string[]>;
const folder = mkdtempSync(join(tmpdir(), "ebpf-platform-charts-"));

/** Charts to render: those of a folder that the user names, else those that are parts of Go modules. */
async function chartsIn(): Promise<{ place: string; names: readonly string[] } | { missing: string }> {
  const given = process.env["CHARTS"];
  if (given !== undefined) {
    const names = readdirSync(given).map((file) => file.replace(/-\d[^/]*\.tgz$/, ""));
    return { place: given, names };
  }
  const names = await fetchModuleCharts(folder);
  return "missing" in names ? names : { place: folder, names };
}

describe("charts rendered by the pinned Helm, before a real kube-apiserver", function () {
  this.timeout(300_000);
  let server: ApiServer | undefined;
  let judge: Judge;
  const stacks = new Map<string, { recorded: readonly Recorded[]; rendered: readonly RenderedRelease[] }>();

  before(async function () {
    this.timeout(2_400_000); // server and Helm are built once for each machine
    const charts = await chartsIn();
    if ("missing" in charts) missing(this, charts.missing);
    const programs = await ensurePrograms();
    if ("missing" in programs) missing(this, programs.missing);
    for (const stage of stages) {
      const recorded = (await recordStage(stage)).map((each) => ({
        ...each,
        inputs: inClear(each.inputs) as Record<string, unknown>,
      }));
      const { rendered, missing: failed } = await renderReleases(
        releasesOf(recorded).filter((release) => charts.names.includes(chartName(release))),
        {
          kubernetes: programs.version,
          digests: {},
          folder: charts.place,
          note: (text) => process.stderr.write(`${text}\n`),
        },
      );
      assert.deepEqual(failed, [], stage);
      assert.equal(rendered.length, charts.names.length, stage);
      stacks.set(stage, { recorded, rendered });
    }
    server = await ApiServer.start(programs);
    judge = new Judge(server);
  });

  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const stage of stages) {
    it(`has every object of ${stage}'s charts accepted, beside the program's own`, async () => {
      const { recorded, rendered } = stacks.get(stage)!;
      const own = registeredWith(recorded).objects;
      await judge.define(definitionsFor(own));
      assert.deepEqual((await judge.accept(own)).refused, []);
      for (const { release, text } of rendered) {
        const objects = objectsIn(text);
        const isDefinition = ({ kind }: KubeObject): boolean => kind === "CustomResourceDefinition";
        await judge.define(objects.filter(isDefinition));
        const { accepted, refused, notJudged, warnings } = await judge.accept(
          objects.filter((object) => !isDefinition(object)),
          release.namespace,
        );
        console.log(
          `      ${release.name}: ${String(accepted.length)} objects accepted, NOT JUDGED: ${String(notJudged.length)}`,
        );
        assert.deepEqual(refused, [], release.name);
        assert.deepEqual(notJudged, [], release.name);
        // A namespace of ours warns of pods that it would refuse.
        assert.deepEqual(warnings, [], release.name);
        assert.ok(accepted.length > 5, release.name);
        await judge.remove(accepted, release.namespace);
      }
      await judge.remove(own);
    });

    it(`breaks no more mandatory rules with ${stage}'s charts than are listed`, () => {
      const { recorded, rendered } = stacks.get(stage)!;
      const { judgements, objects } = judgeCharts(rendered, recorded, stage);
      assert.ok(Object.values(objects).every((count) => count > 5));
      // The list is about the charts of Go modules.
      if (process.env["CHARTS"] !== undefined) return;
      const broken = judgements
        .filter(({ level, finding }) => level !== "advisory" && !finding.notJudged)
        .map(({ rule, resource, finding }) =>
          withoutDigest(`${rule.id} ${resource?.urn ?? finding.urn ?? ""}`),
        );
      const listed = Object.entries(knownFindings)
        .filter(([, stagesOf]) => stagesOf.includes(stage))
        .map(([finding]) => finding);
      assert.deepEqual([...new Set(broken)].sort(), listed.sort());
    });
  }
});

/** Names of jobs end in a digest of their content. */
function withoutDigest(name: string): string {
  return name.replace(/-[0-9a-f]{10}$/, "");
}

/** The objects of a rendered chart. */
function objectsIn(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object) => object !== null);
}
