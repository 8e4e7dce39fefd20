import assert from "node:assert/strict";
import fc from "fast-check";
import { byTier, junit, tierSummary, totals } from "../../../../scripts/test/report.mjs";

const passed = { title: "adds", file: "a.test.ts", seconds: 0.25, state: "passed" as const };
const failed = {
  title: 'says "<&>"',
  file: "a.test.ts",
  seconds: 1,
  state: "failed" as const,
  error: "Error: 1 < 2\n  at x",
};
const skipped = {
  title: "boots [missing: KVM]",
  file: "b.test.ts",
  seconds: 0,
  state: "skipped" as const,
  missing: "KVM",
};
const unit = { name: "unit", seconds: 1.25, cases: [passed, failed, skipped] };

describe("the report", () => {
  it("ends with one line of totals over all tiers", () => {
    assert.equal(
      totals([unit, { name: "node", seconds: 1, cases: [passed] }]),
      "2 passed, 1 failed, 1 skipped",
    );
    assert.equal(totals([]), "0 passed, 0 failed, 0 skipped");
  });

  it("names every failure with its reason and every skip with its missing part", () => {
    assert.equal(
      tierSummary(unit),
      [
        "unit: 1 passed, 1 failed, 1 skipped in 1.3 s",
        '  failed: says "<&>": Error: 1 < 2',
        "  skipped: boots [missing: KVM]",
      ].join("\n"),
    );
  });

  it("joins the results of one tier", () => {
    const joined = byTier([unit, { name: "node", seconds: 1, cases: [] }, unit]);
    assert.deepEqual(
      joined.map(({ name, seconds, cases }) => [name, seconds, cases.length]),
      [
        ["unit", 2.5, 6],
        ["node", 1, 0],
      ],
    );
  });

  it("writes JUnit with counts and escaped texts", () => {
    const xml = junit(unit);
    assert.match(xml, /<testsuite name="unit" tests="3" failures="1" skipped="1" time="1.250">/);
    assert.match(
      xml,
      /name="says &quot;&lt;&amp;&gt;&quot;" time="1.000"><failure message="Error: 1 &lt; 2">/,
    );
    assert.match(xml, /<skipped message="missing: KVM"\/>/);
  });

  it("writes only characters that XML may hold, and no markup out of a text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (title) => {
        const xml = junit({ name: "unit", seconds: 0, cases: [{ ...failed, title, error: title }] });
        const forbidden = (one: string) =>
          (one < " " && !"\t\n\r".includes(one)) || one === "\ufffe" || one === "\uffff";
        assert.deepEqual(Array.from(xml).filter(forbidden), []);
        assert.equal(xml.match(/</g)?.length, 7);
      }),
    );
  });
});
