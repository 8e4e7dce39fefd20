import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Stage } from "@ebpf-platform/lib/config/types";
import type { Judgement } from "@ebpf-platform/policy/judge";
import { manifestContext } from "@ebpf-platform/policy/manifest-context";
import { checkManifests, type ManifestCheck, type ManifestSource } from "@ebpf-platform/policy/manifests";
import { junit } from "@ebpf-platform/policy/report/junit";
import { sarif } from "@ebpf-platform/policy/report/sarif";
import { rules } from "@ebpf-platform/policy/rules/all";
import type { ReportFormat } from "../commands/policy";
import { Failure, messageOf } from "../failure";
import { packageVersion } from "../package-version";
import { openTerminal, type Terminal } from "../terminal";
import { readSources } from "./sources";
import { renderFindings } from "./table";

export interface CheckOptions {
  readonly stage: Stage;
  readonly format: ReportFormat;
  /** Namespace of objects that name none. */
  readonly namespace?: string;
  /** A file for the report; standard output without it. */
  readonly output?: string;
}

/** `platform policy check FILE…`: judges manifests by the rules of a stage; ends with status 4 when one is broken. */
export function check(names: readonly string[], options: CheckOptions): void {
  const terminal = openTerminal(options.format !== "table" && options.output === undefined);
  const sources = readSources(names);
  if (sources.some(({ file }) => options.output !== undefined && resolve(file) === resolve(options.output)))
    throw new Failure("usage", `--output ${options.output ?? ""} is one of the files to check.`);
  const result = judgeSources(sources, options);
  const report = render(result, options.format, terminal);
  if (options.output === undefined) {
    if (report !== "") terminal.out(report);
  } else writeReport(options.output, report);
  terminal.note(summary(result, sources.length, options.stage));
  const broken = result.judgements.filter(isBroken);
  if (broken.length === 0) return;
  const ids = [...new Set(broken.map(({ rule }) => rule.id))].sort();
  throw new Failure(
    "policy",
    `Mandatory rules are broken: ${ids.join(", ")}; docs/policies.md explains each.`,
  );
}

/** What the rules of the stage say of the texts, all of them together. */
export function judgeSources(
  sources: readonly ManifestSource[],
  { stage, namespace }: Pick<CheckOptions, "stage" | "namespace">,
): ManifestCheck {
  const context = manifestContext(stage, new Date());
  let result;
  try {
    result = checkManifests(sources, { rules, context, ...(namespace === undefined ? {} : { namespace }) });
  } catch (error) {
    // What it throws is a sentence about a text; a bug of a rule keeps its stack.
    if (error instanceof Error && error.constructor === Error) throw new Failure("usage", error.message);
    throw error;
  }
  if (result.objects.length > 0) return result;
  throw new Failure(
    "usage",
    `There is no Kubernetes object in ${sources.map(({ file }) => file).join(", ")}.`,
  );
}

const isBroken = ({ level, finding }: Judgement): boolean => level !== "advisory" && !finding.notJudged;

function render({ judgements }: ManifestCheck, format: ReportFormat, { paint }: Terminal): string {
  switch (format) {
    case "table":
      return renderFindings(judgements, paint);
    case "json":
      return `${JSON.stringify(judgements.map(jsonOf), null, 2)}\n`;
    case "sarif":
      return `${JSON.stringify(sarif(judgements, rules, packageVersion()), null, 2)}\n`;
    case "junit":
      return junit(judgements, rules);
  }
}

function jsonOf({ rule, level, finding, resource }: Judgement): object {
  return {
    rule: rule.id,
    severity: rule.severity,
    level,
    resource: resource?.urn ?? finding.urn ?? null,
    path: finding.path,
    message: finding.message,
    judged: finding.notJudged !== true,
    remediation: rule.remediation,
  };
}

function writeReport(path: string, report: string): void {
  try {
    writeFileSync(path, report);
  } catch (error) {
    throw new Failure("usage", `The report cannot be written to ${path} (${messageOf(error)}).`);
  }
}

function summary({ objects, judgements }: ManifestCheck, files: number, stage: Stage): string {
  const counts = [
    [judgements.filter(isBroken).length, "broken"],
    [
      judgements.filter(({ level, finding }) => level === "advisory" && !finding.notJudged).length,
      "advisory",
    ],
    [judgements.filter(({ finding }) => finding.notJudged).length, "not judged"],
  ].map(([count, what]) => `${String(count)} ${String(what)}`);
  return `${rules.length} rules of stage ${stage} over ${objects.length} objects of ${files} files: ${counts.join(", ")}`;
}
