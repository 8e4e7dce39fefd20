import { frameworkLabels } from "./judge";
import type { Rule } from "./rule";

/** What each stage's column in the levels is. */
export interface StageLevels {
  readonly stage: string;
  readonly levels: Readonly<Record<string, string>>;
}

const groups: readonly (readonly [letter: string, title: string])[] = [
  ["K", "Pods"],
  ["R", "Access rules of Kubernetes"],
  ["N", "Network and namespaces"],
  ["S", "Secrets"],
  ["H", "Commands and SSH"],
  ["C", "k3s"],
  ["M", "Charts"],
  ["B", "BPF programs"],
  ["V", "Machines and data"],
  ["P", "Releases"],
  ["G", "The stack as a whole"],
  ["W", "The pack itself"],
];

/** docs/policies.md from the rules themselves. */
export function policiesPage(rules: readonly Rule[], stages: readonly StageLevels[]): string {
  return [
    "# Policies",
    "",
    "<!-- Written by `npx tsx policy/write-page.ts` from policy/rules; do not edit. -->",
    "",
    `${rules.length} rules judge every preview and every update: under \`platform\` always, under plain Pulumi with`,
    "`pulumi preview --policy-pack policy`. A mandatory rule that is broken ends the run: what the preview can see stops it",
    "before anything is touched, what only the update can see (values that other resources make) stops it before the",
    "resource in question is touched. What a preview cannot know is listed once at its end as *not judged*.",
    "The same functions judge any Kubernetes YAML, rendered charts first.",
    "",
    ...waiving,
    ...checking,
    ...reviewing,
    ...overview(rules, stages),
    ...groups.flatMap(([letter, title]) => {
      const own = rules.filter(({ id }) => id.startsWith(letter));
      return own.length === 0 ? [] : [`## ${title}`, "", ...own.flatMap((rule) => section(rule, stages))];
    }),
  ].join("\n");
}

const waiving = [
  "## Levels and waivers",
  "",
  "`policy/config/<stage>.ts` holds what differs between stages: levels, allow-lists, waivers. It is checked when the pack",
  "starts. A stage may be stricter than the one before, never laxer. To waive a rule for one resource until a day, add:",
  "",
  "```ts",
  "waivers: [",
  '  { rule: "K24", resource: "web/api", reason: "writes its cache until 2.4, which is in review", expires: "2027-01-31" },',
  "],",
  "```",
  "",
  "`resource` is the name of the resource or `namespace/name` of the Kubernetes object, without wildcards; the reason has at",
  "least 20 characters; the last day is at most a year ahead. After it W01 stops every run until somebody has looked again.",
  "The agents of the platform, which cannot work in a confined pod, stand in `policy/config/agents.ts` with the rules and",
  "host paths that are theirs.",
  "",
];

const checking = [
  "## Manifests",
  "",
  "```sh",
  "npx platform policy check deploy/ chart.yaml          # files, folders with their .yaml, .yml and .json",
  "helm template web ./web | npx platform policy check - --namespace web --stage staging",
  "npx platform policy check deploy/ --format sarif --output policy.sarif",
  "```",
  "",
  "All files together are judged as one stack, by the levels, lists and waivers of `--stage` (default `prod`). They are read as",
  "the cluster's own clients read them: YAML 1.1, in which `yes` is true and `<<` merges. A document that is no Kubernetes",
  "object, or that two readers could take in two ways, is refused with file and line; nothing is skipped silently. Without",
  "a stack there is no lock: what compares with one is left to the preview. Reports: `table`, `json`, `sarif` (2.1.0), `junit`.",
  "",
  "Status 0: no mandatory rule is broken (advisories are listed). 4: one is. 2: the files or the arguments are wrong.",
  "",
];

const reviewing = [
  "## Pull requests",
  "",
  "`.github/workflows/review.yml` runs `npx platform review` on the base and on the pull request: it previews every stack from",
  "nothing with the pack, without login, state or secret, and writes one comment with the difference between the two, the",
  "rules broken and, for a release that changes, its way through the stages with what stands in it. The findings go to code",
  "scanning as SARIF. What the pack adds to a preview is measured in [its benchmark](benchmarks/policy.md).",
  "",
];

function levelIn(rule: Rule, { levels }: StageLevels): string {
  return levels[rule.id] ?? rule.level;
}

function overview(rules: readonly Rule[], stages: readonly StageLevels[]): readonly string[] {
  const rows = rules.map((rule) => {
    const levels = [...new Set(stages.map((stage) => levelIn(rule, stage)))];
    const shown =
      levels.length === 1
        ? levels[0]
        : stages.map((stage) => `${stage.stage} ${levelIn(rule, stage)}`).join(", ");
    return `| [${rule.id}](#${anchor(rule)}) | ${rule.severity} | ${shown ?? ""} | ${cell(rule.what)} |`;
  });
  return [
    "## All rules",
    "",
    "| Rule | Severity | Level | What must hold |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ];
}

function section(rule: Rule, stages: readonly StageLevels[]): readonly string[] {
  const parts = [
    ...(rule.resource === undefined ? [] : ["each resource"]),
    ...(rule.stack === undefined ? [] : ["the whole stack"]),
    ...(rule.remedy === undefined ? [] : ["repairs inputs"]),
    ...(rule.recorded === undefined ? [] : ["recorded options, in the tests"]),
  ];
  const labels = frameworkLabels(rule);
  const lax = stages.filter((stage) => levelIn(rule, stage) !== rule.level).map(({ stage }) => stage);
  return [
    `### ${rule.id} ${rule.name}`,
    "",
    rule.what,
    "",
    `- **Why:** ${rule.why}`,
    `- **How to fix:** ${rule.remediation}`,
    `- **Judges:** ${parts.join(", ")}.${lax.length === 0 ? "" : ` Another level in ${lax.join(", ")}.`}`,
    ...(labels.length === 0 ? [] : [`- **Maps to:** ${labels.join(", ")}`]),
    ...(rule.note === undefined ? [] : [`- **Note:** ${rule.note}`]),
    `- **More:** <${rule.url}>`,
    "",
  ];
}

/** As GitHub makes it from the heading. */
function anchor(rule: Rule): string {
  return `${rule.id}-${rule.name}`.toLowerCase();
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
