import { escapeXml } from "./junit";
import { inOrder, sentenceOf, summarize, type CheckResult, type Figure, type VerifyReport } from "./result";

/** The report as one HTML page that needs nothing else: no script, no font, no request. */
export function verifyPage(report: VerifyReport): string {
  const { passed, failed, notRun } = summarize(report.checks);
  const groups = [...new Set(inOrder(report.checks).map(({ group }) => group))];
  const facts = `stage ${report.stage}, release ${report.release}, ${report.startedAt}, ${report.seconds.toFixed(1)} s`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>verify ${escapeXml(report.stack)}</title>
<style>${STYLE}</style>
<h1>verify ${escapeXml(report.stack)}: ${failed === 0 ? "no check failed" : `${String(failed)} failed`}</h1>
<p>${String(passed)} passed, ${String(failed)} failed, ${String(notRun)} not run; ${escapeXml(facts)}</p>
${groups
  .map((group) =>
    section(
      group,
      report.checks.filter((check) => check.group === group),
    ),
  )
  .join("\n")}
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #8884 }
.pass { color: #2c8a4b } .fail { color: #c8322b; font-weight: 600 } .not-run { color: #8a7a2c }
svg text { fill: currentColor; font-size: 12px }
`;

function section(group: string, checks: readonly CheckResult[]): string {
  const rows = checks.map(
    ({ id, title, subject, outcome }) =>
      `<tr><td class="${outcome.status}">${outcome.status}</td><td>${escapeXml(subject)}</td>` +
      `<td title="${escapeXml(id)}">${escapeXml(title)}</td><td>${escapeXml(sentenceOf(outcome))}</td></tr>`,
  );
  const figures = checks.flatMap((check) => check.figures ?? []);
  return `<h2>${group}</h2>
<table><thead><tr><th>result</th><th>where</th><th>check</th><th>found</th></tr></thead><tbody>
${rows.join("\n")}
</tbody></table>
${figures.length === 0 ? "" : plot(figures)}`;
}

const WIDTH = 720;
const ROW = 24;
const LABEL = 260;
const VALUE = 130;

/** A bar a figure, each on the scale of its own unit's largest value, with its limit as a line. */
function plot(figures: readonly Figure[]): string {
  const bar = WIDTH - LABEL - VALUE;
  const most = (unit: string): number =>
    Math.max(
      ...figures.filter((one) => one.unit === unit).map(({ value, limit }) => Math.max(value, limit ?? 0)),
      Number.MIN_VALUE,
    );
  const rows = figures.map(({ label, value, unit, limit }, index) => {
    const y = index * ROW;
    const x = (amount: number): string => (LABEL + (amount / most(unit)) * bar).toFixed(1);
    const colour = limit !== undefined && value > limit ? "#c8322b" : "#2f6fb0";
    const line =
      limit === undefined
        ? ""
        : `<line x1="${x(limit)}" x2="${x(limit)}" y1="${String(y)}" y2="${String(y + ROW - 4)}" stroke="currentColor" stroke-dasharray="3 2"/>`;
    const said = `${format(value)} ${unit}${limit === undefined ? "" : ` (≤ ${format(limit)})`}`;
    return (
      `<text x="${String(LABEL - 8)}" y="${String(y + 15)}" text-anchor="end">${escapeXml(label)}</text>` +
      `<rect x="${String(LABEL)}" y="${String(y + 3)}" width="${((value / most(unit)) * bar).toFixed(1)}" height="${String(ROW - 10)}" fill="${colour}"/>${line}` +
      `<text x="${String(LABEL + bar + 8)}" y="${String(y + 15)}">${escapeXml(said)}</text>`
    );
  });
  return `<svg viewBox="0 0 ${String(WIDTH)} ${String(figures.length * ROW)}" width="${String(WIDTH)}" role="img">${rows.join("")}</svg>`;
}

/** Three significant digits, without an exponent. */
const format = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
