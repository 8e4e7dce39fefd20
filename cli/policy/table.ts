import type { Judgement } from "@ebpf-platform/policy/judge";
import type { ManifestFacts } from "@ebpf-platform/policy/manifests";
import Table from "cli-table3";
import type { Terminal } from "../terminal";

/** Names come from files of others: nothing in them may move the cursor or change colours. */
const plain = (text: string): string => text.replaceAll(/\p{Cc}/gu, "\ufffd");

type Paint = Terminal["paint"];

/** Findings object by object, then how to mend each rule once. Empty without findings. */
export function renderFindings(judgements: readonly Judgement[], paint: Paint): string {
  const byPlace = groupByPlace(judgements);
  const blocks = [...byPlace].map(([place, own]) => `${paint.bold(plain(place))}\n${rowsOf(own, paint)}`);
  const rules = [...new Set(judgements.map(({ rule }) => rule))].sort((a, b) => a.id.localeCompare(b.id));
  const remedies = rules.map(({ id, remediation, url }) => `  ${id}  ${remediation} ${paint.dim(url)}`);
  return blocks.length === 0
    ? ""
    : [...blocks, `${paint.bold("How to fix")}\n${remedies.join("\n")}`].join("\n\n");
}

function groupByPlace(judgements: readonly Judgement[]): Map<string, Judgement[]> {
  const groups = new Map<string, Judgement[]>();
  for (const judgement of judgements) {
    const place = placeOf(judgement);
    const own = groups.get(place);
    if (own === undefined) groups.set(place, [judgement]);
    else own.push(judgement);
  }
  return groups;
}

/** `web.yaml:3 Deployment/web/api`; all objects together for a rule that misses one. */
function placeOf({ resource, finding }: Judgement): string {
  if (resource === undefined) return finding.urn ?? "all objects together";
  const { file, line } = resource as ManifestFacts;
  return `${file}:${line} ${resource.urn.slice(file.length + 1)}`;
}

function rowsOf(judgements: readonly Judgement[], paint: Paint): string {
  const none = Object.fromEntries(
    ["top", "bottom", "mid", "left", "right", "middle"].flatMap((side) =>
      ["", "-mid", "-left", "-right"].map((part) => [`${side}${part}`, ""]),
    ),
  );
  const table = new Table({ chars: none, style: { head: [], border: [], "padding-left": 2 } });
  for (const { rule, level, finding } of judgements) {
    const what = `${finding.path === "" ? "it" : finding.path} ${finding.message}`;
    table.push([verdictOf(level, finding.notJudged === true, paint), rule.id, rule.severity, plain(what)]);
  }
  return table.toString().replaceAll(/ +$/gm, "");
}

function verdictOf(level: Judgement["level"], unknown: boolean, paint: Paint): string {
  if (unknown) return paint.dim("not judged");
  return level === "advisory" ? paint.yellow("advisory") : paint.red("broken");
}
