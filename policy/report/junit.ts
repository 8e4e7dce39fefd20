import { type Judgement, sentence } from "../judge";
import type { Rule } from "../rule";

/** Findings as JUnit XML: one test case a rule; broken ones fail, ones that could not be judged are skipped. */
export function junit(judgements: readonly Judgement[], rules: readonly Rule[]): string {
  const cases = rules.map((rule) => {
    const own = judgements.filter((judgement) => judgement.rule === rule);
    return { rule, failed: own.filter(fails), warned: own.filter(warns), unknown: own.filter(isUnknown) };
  });
  const failures = cases.filter(({ failed }) => failed.length > 0).length;
  const skipped = cases.filter(({ failed, unknown }) => failed.length === 0 && unknown.length > 0).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${cases.length}" failures="${failures}" skipped="${skipped}">`,
    `  <testsuite name="policy" tests="${cases.length}" failures="${failures}" skipped="${skipped}">`,
    ...cases.flatMap(({ rule, failed, warned, unknown }) => testCase(rule, failed, warned, unknown)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

const isUnknown = ({ finding }: Judgement): boolean => finding.notJudged === true;
const warns = (judgement: Judgement): boolean => !isUnknown(judgement) && judgement.level === "advisory";
const fails = (judgement: Judgement): boolean => !isUnknown(judgement) && judgement.level !== "advisory";

function testCase(
  rule: Rule,
  failed: readonly Judgement[],
  warned: readonly Judgement[],
  unknown: readonly Judgement[],
): readonly string[] {
  const lines = [
    `    <testcase classname="policy.${rule.severity}" name="${escape(`${rule.id} ${rule.what}`)}">`,
  ];
  if (failed.length > 0) {
    lines.push(
      `      <failure message="${escape(text(failed.slice(0, 1)))}">${escape(text(failed))}</failure>`,
    );
  } else if (unknown.length > 0) {
    lines.push(`      <skipped message="${escape(`not judged: ${text(unknown)}`)}"/>`);
  }
  if (warned.length > 0) lines.push(`      <system-out>${escape(text(warned))}</system-out>`);
  return [...lines, "    </testcase>"];
}

const text = (judgements: readonly Judgement[]): string =>
  judgements
    .map(
      ({ rule, finding, resource }) =>
        `${resource?.urn ?? finding.urn ?? "stack"}: ${sentence(rule, finding)}`,
    )
    .join("\n");

/** XML 1.0 has no control characters but tab, line feed and carriage return, not even escaped. */
function escape(raw: string): string {
  const clean = Array.from(raw)
    .filter((letter) => letter >= " " || "\t\n\r".includes(letter))
    .join("");
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\n": "&#10;",
  };
  return clean.replace(/[&<>"\n]/g, (letter) => entities[letter] ?? letter);
}
