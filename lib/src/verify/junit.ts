import { inOrder, sentenceOf, summarize, type CheckResult, type VerifyReport } from "./result";

/** The report as JUnit XML: a suite a group, a case a check; what did not run is skipped with its reason. */
export function verifyJunit(report: VerifyReport): string {
  const checks = inOrder(report.checks);
  const groups = [...new Set(checks.map(({ group }) => group))];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="verify ${escapeXml(report.stack)}" ${counts(checks)} time="${report.seconds.toFixed(3)}">`,
    ...groups.flatMap((group) => {
      const own = checks.filter((check) => check.group === group);
      return [
        `  <testsuite name="${group}" ${counts(own)} timestamp="${report.startedAt}">`,
        ...own.map(testCase),
        "  </testsuite>",
      ];
    }),
    "</testsuites>",
    "",
  ].join("\n");
}

function counts(checks: readonly CheckResult[]): string {
  const { failed, notRun } = summarize(checks);
  return `tests="${String(checks.length)}" failures="${String(failed)}" skipped="${String(notRun)}"`;
}

function testCase({ id, title, subject, outcome, seconds }: CheckResult): string {
  const name = escapeXml(subject === "" ? title : `${subject}: ${title}`);
  const open = `    <testcase classname="${id}" name="${name}" time="${seconds.toFixed(3)}"`;
  const said = escapeXml(sentenceOf(outcome));
  switch (outcome.status) {
    case "pass":
      return `${open}/>`;
    case "fail":
      return `${open}><failure message="${said}"/></testcase>`;
    case "not-run":
      return `${open}><skipped message="${said}"/></testcase>`;
  }
}

/** For text and attributes of XML and HTML. XML 1.0 has no control characters but tab and line ends, not even escaped. */
export function escapeXml(raw: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
    "\n": "&#10;",
  };
  return Array.from(raw)
    .filter((letter) => letter >= " " || "\t\n\r".includes(letter))
    .join("")
    .replace(/[&<>"'\n]/g, (letter) => entities[letter] ?? letter);
}
