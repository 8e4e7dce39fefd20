import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import {
  queryFaults,
  queryNames,
  readMetricList,
  readMetricsPage,
  type Metric,
} from "../../../../lib/src/metrics";
import { alertsOf, dashboardsOf, recordingRulesOf } from "../../../../lib/src/observability";
import { run, tail } from "../../../engine/support/run";
import { prod, root, toolOrMissing } from "./support";

const files = readdirSync(join(root, "metrics")).sort();
const lists = [
  ...files.map((file) => readMetricList(file, readFileSync(join(root, "metrics", file), "utf8"))),
  readMetricsPage("docs/metrics.md", readFileSync(join(root, "docs", "metrics.md"), "utf8")),
];
const known = new Map<string, Metric>([
  ...lists.flatMap(({ metrics }) => [...metrics]),
  ...recordingRulesOf(prod).map(
    ({ record, labels }) => [record, { type: "gauge" as const, labels }] as const,
  ),
]);

const panels = dashboardsOf(prod).flatMap(({ uid, rows }) =>
  rows.flatMap((row) => row.panels.map((panel) => ({ ...panel, place: `${uid} › ${panel.title}` }))),
);
/** Every expression of the project, by where it stands. */
const expressions: readonly (readonly [string, string])[] = [
  ...alertsOf(prod).map(({ alert, expr }) => [alert, expr] as const),
  ...recordingRulesOf(prod).map(({ record, expr }) => [record, expr] as const),
  ...panels.flatMap(({ place, queries }) => queries.map(({ expr }) => [place, expr] as const)),
];

describe("metrics of the lists", () => {
  it("stand in one list each, with a source", () => {
    const names = lists.flatMap(({ metrics }) => [...metrics.keys()]);
    assert.equal(new Set(names).size, names.length);
    for (const { product, source } of lists) assert.ok(product !== "" && source !== "");
  });

  it("are refused without a header, with an unknown type, or twice", () => {
    const header = "# product: p\n# source: s\n";
    assert.throws(() => readMetricList("f", "# product: p\na gauge"), /f has no line "# source: …"; add it/);
    assert.throws(() => readMetricList("f", `${header}a gouge`), /"a gouge"/);
    assert.throws(() => readMetricList("f", `${header}a gauge\na gauge x`), /lists a twice/);
  });

  it("give a histogram its three names", () => {
    const { metrics } = readMetricList("f", "# product: p\n# source: s\nd histogram verb");
    assert.deepEqual([...metrics.keys()], ["d_bucket", "d_sum", "d_count"]);
    assert.deepEqual(metrics.get("d_bucket")?.labels, ["verb", "le"]);
    assert.deepEqual(metrics.get("d_sum")?.labels, ["verb"]);
  });
});

describe("names in a query", () => {
  it("are metrics, labels of selectors, and labels of groups", () => {
    const { selectors, grouping } = queryNames(
      'sum by (a, b) (rate(m_total{c="x,}", d!~"y"}[5m] offset 1h)) / on (a) group_left () max without (z) (n:r5m) > bool 1e3',
    );
    assert.deepEqual(selectors, [
      { metric: "m_total", labels: ["c", "d"] },
      { metric: "n:r5m", labels: [] },
    ]);
    assert.deepEqual(grouping, ["a", "b", "a"]);
  });

  it("are found where the group comes last, and in no comment or text", () => {
    const { selectors, grouping } = queryNames("sum(m) by (a) # not(this)\n or label_x{l='}m2{'}");
    assert.deepEqual(
      selectors.map(({ metric }) => metric),
      ["m", "label_x"],
    );
    assert.deepEqual(grouping, ["a"]);
  });

  it("are refused where a selector has none", () => {
    assert.throws(() => queryNames('{job="a"}'), /without naming their metric/);
  });

  it("are checked: metric with the nearest one, label of a selector, label of a group", () => {
    const faults = (query: string) => queryFaults(query, known);
    assert.deepEqual(faults('sum by (reason, pod) (hubble_drop_total{protocol="TCP",job="x"})'), []);
    assert.match(
      faults("hubble_drops_total")[0] ?? "",
      /no product's list .* did you mean hubble_drop_total/,
    );
    assert.deepEqual(faults('hubble_drop_total{verdict="x"}'), [
      "hubble_drop_total has no label verdict; it has reason, protocol",
    ]);
    assert.deepEqual(faults("sum by (verdict) (hubble_drop_total)"), [
      "no metric of the query has the label verdict",
    ]);
  });
});

describe("every query of alerts, recording rules and dashboards", () => {
  it("names only metrics and labels of the lists", () => {
    assert.ok(expressions.length > 80);
    assert.deepEqual(
      expressions.flatMap(([place, expr]) => queryFaults(expr, known).map((fault) => `${place}: ${fault}`)),
      [],
    );
  });

  it("compares words of our own metrics with words that the loader writes", () => {
    const written = readFileSync(join(root, "bpf", "loader", "metrics_table.c"), "utf8");
    for (const [place, expr] of expressions) {
      for (const [, , words = ""] of expr.matchAll(/ebpf_\w+\{(reason|outcome)=~?"([^"]*)"/g))
        for (const word of words.split("|")) assert.ok(written.includes(`"${word}"`), `${place}: ${word}`);
    }
  });

  it("has a legend of labels that it keeps", () => {
    for (const { place, queries } of panels) {
      for (const { expr, legend } of queries) {
        const { selectors, grouping } = queryNames(expr);
        const own = selectors.flatMap(({ metric }) => known.get(metric)?.labels ?? []);
        for (const [, label = ""] of legend.matchAll(/\{\{(\w+)\}\}/g)) {
          const kept = grouping.length > 0 ? [...grouping, ...(metricsOnly(expr) ? own : [])] : own;
          assert.ok(kept.includes(label), `${place}: ${label}`);
        }
      }
    }
  });

  it("is PromQL for Prometheus' own parser", async function () {
    toolOrMissing(this, "promtool", "prometheus");
    const folder = mkdtempSync(join(tmpdir(), "t-queries-"));
    try {
      const check = async (queries: readonly string[]) => {
        const rules = queries.map((expr, index) => ({ record: `t:q${String(index)}`, expr }));
        writeFileSync(join(folder, "rules.yaml"), stringify({ groups: [{ name: "queries", rules }] }));
        return run("promtool", ["check", "rules", "rules.yaml"], { cwd: folder });
      };
      const result = await check(expressions.map(([, expr]) => expr));
      assert.equal(result.code, 0, tail(result));
      assert.notEqual((await check(["sum by (a (m)"])).code, 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** A recorded series at the left of an operator keeps its own labels. */
function metricsOnly(expr: string): boolean {
  return /^(topk\(10, )?platform:/.test(expr);
}
