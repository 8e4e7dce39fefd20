import { type LockReader, rolloutPlan } from "./rollout-plan";
import { type Difference, differences, type ReviewedFinding, type StackPreview } from "./stack-preview";

/** GitHub refuses a comment of more than 65,536 characters. */
const MOST_CHARACTERS = 60_000;
const MOST_DIFFERENCES = 100;

const sign: Readonly<Record<Difference["kind"], string>> = { added: "+", removed: "-", changed: "!" };

/** What stands between fences or in a table cannot end them; names and messages come from the code under review. */
const inline = (text: string): string =>
  text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("@", "@\u200b");
const fenced = (text: string): string => text.replaceAll("```", "` ` `");

/**
 * The comment for a pull request: a table over the stacks, then for each the rules broken and the difference to the
 * base, then the rollout plan of every release that changes.
 * @param before the previews of the base; undefined when there are none to compare with
 */
export function reviewComment(
  before: readonly StackPreview[] | undefined,
  after: readonly StackPreview[],
  readLock: LockReader,
): string {
  const old = new Map((before ?? []).map((preview) => [preview.stack, preview]));
  const plan = before === undefined ? [] : rolloutPlan(before, after, readLock);
  const text = [
    "## Preview of every stage",
    "",
    "Each stack was previewed from nothing, with the policy pack. Differences are those between the base's preview and this one.",
    "",
    "| stack | stage | release | resources | difference | rules broken |",
    "| --- | --- | --- | --- | --- | --- |",
    ...after.map((preview) => row(preview, old.get(preview.stack))),
    "",
    ...after.flatMap((preview) => section(preview, old.get(preview.stack))),
    "### Rollout",
    "",
    ...(before === undefined ? ["There is no preview of the base to compare releases with.", ""] : []),
    ...(before !== undefined && plan.length === 0 ? ["No stack changes its release.", ""] : plan),
  ].join("\n");
  if (text.length <= MOST_CHARACTERS) return text;
  const cut = text.slice(0, MOST_CHARACTERS).replace(/\n[^\n]*$/, "");
  const open = (cut.match(/^```/gm)?.length ?? 0) % 2 === 1 ? "\n```" : "";
  return `${cut}${open}\n\n…cut: the whole text is in the artifact of the run.\n`;
}

/** True when a mandatory rule is broken anywhere. */
export function hasBroken(previews: readonly StackPreview[]): boolean {
  return previews.some(({ findings }) => findings.some(({ mandatory }) => mandatory));
}

const rulesOf = (findings: readonly ReviewedFinding[]): readonly string[] =>
  [
    ...new Set(
      findings.filter(({ mandatory }) => mandatory).map(({ policy }) => policy.split("-")[0] ?? policy),
    ),
  ].sort();

function row(preview: StackPreview, old: StackPreview | undefined): string {
  const { stack, stage, release, resources, findings, failure } = preview;
  const changes = old === undefined ? undefined : differences(old, preview);
  const count = (kind: Difference["kind"]) => changes?.filter((change) => change.kind === kind).length ?? 0;
  const changed =
    changes === undefined ? "new" : `+${count("added")} −${count("removed")} ~${count("changed")}`;
  const broken = rulesOf(findings);
  const verdict =
    broken.length > 0 ? `⛔ ${broken.join(", ")}` : failure === undefined ? "✅ none" : "no preview";
  const name = release.replace(/@sha256:(\w{8})\w+$/, " ($1)");
  const cells = [
    stack,
    stage,
    name,
    String(resources.length),
    failure === undefined ? changed : "–",
    verdict,
  ];
  return `| ${cells.map(inline).join(" | ")} |`;
}

function section(preview: StackPreview, old: StackPreview | undefined): readonly string[] {
  const { stack, findings, failure } = preview;
  const changes = old === undefined || failure !== undefined ? [] : differences(old, preview);
  const broken = findings.filter(({ mandatory }) => mandatory);
  const advised = findings.filter(({ mandatory }) => !mandatory);
  if (changes.length + findings.length === 0 && failure === undefined) return [];
  return [
    `### ${stack}`,
    "",
    ...(failure === undefined || broken.length > 0
      ? []
      : ["No preview:", "", "```text", fenced(failure), "```", ""]),
    ...list("Mandatory rules broken", broken),
    ...list("Advisories", advised),
    ...diff(changes),
  ];
}

function list(title: string, findings: readonly ReviewedFinding[]): readonly string[] {
  if (findings.length === 0) return [];
  const lines = findings.map(
    ({ resource, message }) => `- \`${inline(resource).replaceAll("`", "")}\`: ${inline(message)}`,
  );
  return [`**${title}**`, "", ...lines, ""];
}

function diff(changes: readonly Difference[]): readonly string[] {
  if (changes.length === 0) return [];
  const lines = changes.slice(0, MOST_DIFFERENCES).map(({ kind, resource, inputs }) => {
    const what = inputs.length === 0 ? "" : `: ${inputs.join(", ")}`;
    return `${sign[kind]} ${fenced(resource)}${fenced(what)}`;
  });
  const more = changes.length - lines.length;
  return ["```diff", ...lines, ...(more > 0 ? [`  and ${more} more`] : []), "```", ""];
}
