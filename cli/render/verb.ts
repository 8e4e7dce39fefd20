import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readStackFile } from "@ebpf-platform/lib/config";
import { STAGES, type Stage } from "@ebpf-platform/lib/config/types";
import { parsePins, parseRelease, type Digest } from "@ebpf-platform/lib/release";
import type { Judgement } from "@ebpf-platform/policy/judge";
import Table from "cli-table3";
import { projectRoot } from "../../components/project-root";
import type { RenderVerbOptions } from "../commands/render";
import { Failure, messageOf } from "../failure";
import { renderFindings } from "../policy/table";
import { checkStackName, configuredStacks, withPreparedStack } from "../stack/open";
import { EventRecord, runOperation } from "../stack/operation";
import { openTerminal, type Terminal } from "../terminal";
import { fileOf, judgeCharts, type ChartJudgement } from "./judge";
import { chartName, releasesOf } from "./releases";
import { renderReleases, type NotRendered, type RenderedRelease } from "./render-releases";

interface Result extends ChartJudgement {
  readonly helm: string;
  readonly rendered: readonly RenderedRelease[];
  readonly missing: readonly NotRendered[];
}

/**
 * `platform render <stack>`: previews the stack, renders every chart of it with exactly the values of its releases, and
 * judges the objects. Ends with status 4 when a mandatory rule is broken, 3 when a chart could not be rendered.
 */
export async function render(stack: string, options: RenderVerbOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  checkStackName(stack, configuredStacks());
  const folder = options.charts === undefined ? undefined : existingFolder(options.charts);
  const record = new EventRecord();
  await withPreparedStack(
    stack,
    terminal.note,
    { create: true, offline: options.offline ?? false },
    (opened) => runOperation("preview", opened, { ...terminal, note: () => undefined }, record),
  );
  const releases = releasesOf(record.resources);
  if (releases.length === 0) {
    terminal.note(`${stack} installs no chart: there is nothing to render.`);
    if (options.json) terminal.out(JSON.stringify({ stack, charts: [], missing: [], findings: [] }, null, 2));
    return;
  }
  const { stage, kubernetes, digests } = versionsOf(stack);
  const { helm, rendered, missing } = await renderReleases(releases, {
    ...{ kubernetes, digests, note: terminal.note },
    ...(folder === undefined ? {} : { folder }),
  });
  const result = { helm, rendered, missing, ...judgeCharts(rendered, record.resources, stage) };
  if (options.out !== undefined) writeTexts(options.out, rendered);
  report(stack, kubernetes, result, terminal);
  conclude(result);
}

function existingFolder(name: string): string {
  const path = resolve(name);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw new Failure("usage", `--charts ${name} is no folder; name one with <chart>-<version>.tgz files.`);
}

/** What the stack's release says: the lock, or for `workspace` the pins of the checkout. */
function versionsOf(stack: string): {
  stage: Stage;
  kubernetes: string;
  digests: Record<string, Digest | undefined>;
} {
  const read = (path: string): string => readFileSync(join(projectRoot(), path), "utf8");
  const raw = readStackFile(read(`Pulumi.${stack}.yaml`));
  const stage = STAGES.find((each) => each === raw["stage"]) ?? "prod";
  const release = String(raw["release"]);
  const number = (k3s: string): string => k3s.replace(/^v/, "").replace(/\+.*$/, "");
  if (release === "workspace")
    return { stage, kubernetes: number(parsePins(read("releases/pins.json")).k3s), digests: {} };
  const lock = parseRelease(read(`releases/${release.split("@")[0] ?? ""}.json`));
  const digests = Object.entries(lock.charts).map(([name, { archive }]) => [name, archive] as const);
  return { stage, kubernetes: number(lock.k3s.version), digests: Object.fromEntries(digests) };
}

/** A chart may draw keys and passwords when it is rendered: only the user may read what it made. */
function writeTexts(name: string, rendered: readonly RenderedRelease[]): void {
  try {
    if (!existsSync(name)) mkdirSync(name, { recursive: true, mode: 0o700 });
    for (const { release, text } of rendered)
      writeFileSync(join(name, fileOf(release.name)), text, { mode: 0o600 });
  } catch (error) {
    throw new Failure("usage", `--out ${name} cannot be written (${messageOf(error)}).`);
  }
}

const isBroken = ({ level, finding }: Judgement): boolean => level !== "advisory" && !finding.notJudged;

function report(stack: string, kubernetes: string, result: Result, terminal: Terminal): void {
  const { helm, rendered, missing, judgements, objects } = result;
  if (terminal.json) {
    const about = ({ release }: { release: RenderedRelease["release"] }) => ({
      release: release.name,
      chart: chartName(release),
      version: release.version,
      namespace: release.namespace,
    });
    const json = {
      ...{ stack, helm, kubernetes },
      charts: rendered.map((each) => ({
        ...about(each),
        origin: each.origin,
        objects: objects[each.release.name] ?? 0,
      })),
      missing: missing.map((each) => ({ ...about(each), reason: each.reason })),
      findings: judgements.map(({ rule, level, finding, resource }) => ({
        rule: rule.id,
        level,
        resource: resource?.urn ?? finding.urn ?? null,
        path: finding.path,
        message: finding.message,
        judged: finding.notJudged !== true,
      })),
    };
    terminal.out(JSON.stringify(json, null, 2));
    return;
  }
  const table = new Table({
    head: ["release", "chart", "namespace", "objects", "from"],
    style: { head: [], border: [] },
  });
  for (const { release, origin } of rendered) {
    const chart = `${chartName(release)} ${release.version}`;
    table.push([release.name, chart, release.namespace, objects[release.name] ?? 0, origin]);
  }
  for (const { release, reason } of missing) {
    const chart = `${chartName(release)} ${release.version}`;
    table.push([release.name, chart, release.namespace, terminal.paint.yellow("not rendered"), reason]);
  }
  terminal.out(table.toString());
  const findings = renderFindings(judgements, terminal.paint);
  if (findings !== "") terminal.out(findings);
  const counts = [
    `${String(judgements.filter(isBroken).length)} broken`,
    `${String(judgements.filter(({ level, finding }) => level === "advisory" && !finding.notJudged).length)} advisory`,
    `${String(judgements.filter(({ finding }) => finding.notJudged).length)} not judged`,
  ];
  terminal.note(
    `Helm ${helm} for Kubernetes ${kubernetes}: ${String(rendered.length)} of ${String(rendered.length + missing.length)} charts; rules: ${counts.join(", ")}`,
  );
}

function conclude({ judgements, missing }: Result): void {
  const broken = [...new Set(judgements.filter(isBroken).map(({ rule }) => rule.id))].sort();
  if (broken.length > 0) {
    throw new Failure(
      "policy",
      `Mandatory rules are broken: ${broken.join(", ")}; docs/policies.md explains each.`,
    );
  }
  if (missing.length === 0) return;
  const names = missing.map(({ release }) => `${chartName(release)} ${release.version}`);
  throw new Failure("missingPart", `Not rendered, so not judged: ${names.join(", ")}.`);
}
