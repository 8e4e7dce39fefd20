import { STAGES } from "@ebpf-platform/lib/config/types";
import type { Level, Rule } from "../rule";
import { canary } from "./canary";
import { dev } from "./dev";
import { lab } from "./lab";
import { prod } from "./prod";
import type { StagePolicy, Waiver } from "./stage-policy";
import { staging } from "./staging";

/** In the order of promotion. */
export const stagePolicies: readonly StagePolicy[] = [lab, dev, staging, canary, prod];
const levels: readonly Level[] = ["advisory", "mandatory", "remediate", "disabled"];
const longestWaiverDays = 366;

/** The stage's own file, checked. Throws one error that lists every mistake in it. */
export function loadStagePolicy(stage: unknown, rules: readonly Rule[], today: Date): StagePolicy {
  const policy = stagePolicies.find((candidate) => candidate.stage === stage);
  if (policy === undefined) {
    throw new Error(
      `The policy pack read ebpf-platform:stage and found ${stage === undefined ? "nothing" : JSON.stringify(stage)}; set it to one of ${STAGES.join(", ")}.`,
    );
  }
  const problems = [...policyProblems(policy, rules, today), ...laxerThanBefore(policy, rules)];
  if (problems.length > 0) {
    throw new Error(
      `policy/config/${policy.stage}.ts has ${problems.length} mistakes: ${problems.join("; ")}.`,
    );
  }
  return policy;
}

/** What is wrong with a stage's file, sentence by sentence. An expired waiver is W01's matter, not a mistake. */
export function policyProblems(policy: StagePolicy, rules: readonly Rule[], today: Date): readonly string[] {
  const ids = new Map(rules.map((rule) => [rule.id, rule]));
  const problems: string[] = [];
  for (const [id, level] of Object.entries(policy.levels)) {
    const rule = ids.get(id);
    if (rule === undefined) problems.push(`levels name the rule ${id}, which does not exist`);
    else if (!levels.includes(level))
      problems.push(`the level of ${id} is ${level}, not one of ${levels.join(", ")}`);
    else if (level === "remediate" && rule.remedy === undefined)
      problems.push(`${id} has nothing to remediate with`);
  }
  policy.waivers.forEach((waiver, index) => {
    for (const problem of waiverProblems(waiver, today)) problems.push(`waiver ${index + 1}: ${problem}`);
    if (!ids.has(waiver.rule)) problems.push(`waiver ${index + 1}: the rule ${waiver.rule} does not exist`);
    if (waiver.rule === "W01") problems.push(`waiver ${index + 1}: the rule about waivers cannot be waived`);
  });
  return problems;
}

const strictness: readonly Level[] = ["disabled", "advisory", "remediate", "mandatory"];

/** Where a stage is laxer than the one before it: a rule at a lower level, an allow-list with more entries. */
export function laxerThanBefore(
  policy: StagePolicy,
  rules: readonly Rule[],
  before: StagePolicy | undefined = stagePolicies[
    stagePolicies.findIndex(({ stage }) => stage === policy.stage) - 1
  ],
): readonly string[] {
  if (before === undefined) return [];
  const rank = (of: StagePolicy, rule: Rule): number => strictness.indexOf(of.levels[rule.id] ?? rule.level);
  const lower = rules
    .filter((rule) => rank(policy, rule) < rank(before, rule))
    .map(({ id }) => `${id} is laxer than in ${before.stage}`);
  const added = Object.entries(policy.allow).flatMap(([list, entries]) => {
    const known = new Set(
      (Reflect.get(before.allow, list) as readonly unknown[]).map((entry) => JSON.stringify(entry)),
    );
    return (entries as readonly unknown[])
      .filter((entry) => !known.has(JSON.stringify(entry)))
      .map((entry) => `${list} has ${JSON.stringify(entry)}, which ${before.stage} has not`);
  });
  return [...lower, ...added];
}

function waiverProblems(waiver: Waiver, today: Date): readonly string[] {
  const problems: string[] = [];
  if (waiver.resource.trim() === "" || waiver.resource.includes("*")) {
    problems.push("the resource must be one name, without wildcards");
  }
  if (waiver.reason.trim().length < 20) problems.push("the reason is shorter than 20 characters");
  const expires = /^\d{4}-\d{2}-\d{2}$/.test(waiver.expires)
    ? new Date(`${waiver.expires}T00:00:00Z`)
    : undefined;
  if (
    expires === undefined ||
    Number.isNaN(expires.getTime()) ||
    expires.toISOString().slice(0, 10) !== waiver.expires
  ) {
    problems.push(`${waiver.expires} is no date of the form YYYY-MM-DD`);
  } else if ((expires.getTime() - today.getTime()) / 86_400_000 > longestWaiverDays) {
    problems.push(`${waiver.expires} is more than a year ahead`);
  }
  return problems;
}
