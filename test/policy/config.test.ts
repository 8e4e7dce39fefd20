import assert from "node:assert/strict";
import { laxerThanBefore, loadStagePolicy, policyProblems, stagePolicies } from "../../policy/config/load";
import { prod } from "../../policy/config/prod";
import type { StagePolicy, Waiver } from "../../policy/config/stage-policy";
import { staging } from "../../policy/config/staging";
import { judgeAll } from "../../policy/judge";
import { recordedFacts } from "../../policy/recorded";
import { rules } from "../../policy/rules/all";
import { contextOf, goodStack, today } from "./support/good-stack";

const waiver: Waiver = {
  rule: "K24",
  resource: "web",
  reason: "writes its cache until the next release",
  expires: "2027-01-31",
};
const problems = (changes: Partial<StagePolicy>) => policyProblems({ ...prod, ...changes }, rules, today);

describe("policy config", () => {
  for (const { stage } of stagePolicies) {
    it(`of ${stage} has no mistakes`, () => assert.equal(loadStagePolicy(stage, rules, today).stage, stage));
  }

  it("says which stages there are when it is told another", () => {
    assert.throws(
      () => loadStagePolicy("production", rules, today),
      /found "production"; set it to one of lab, dev/,
    );
    assert.throws(() => loadStagePolicy(undefined, rules, today), /found nothing/);
  });

  const mistakes: readonly (readonly [string, Partial<Waiver>, RegExp])[] = [
    ["an unknown rule", { rule: "K99" }, /rule K99 does not exist/],
    ["every resource at once", { resource: "web-*" }, /without wildcards/],
    ["no resource", { resource: " " }, /without wildcards/],
    ["no reason", { reason: "later" }, /shorter than 20/],
    ["a day that does not exist", { expires: "2027-02-30" }, /no date/],
    ["a date of another form", { expires: "31.1.2027" }, /no date/],
    ["a day too far away", { expires: "2028-01-01" }, /more than a year ahead/],
    ["the rule about waivers", { rule: "W01" }, /cannot be waived/],
  ];
  for (const [name, change, expected] of mistakes) {
    it(`refuses a waiver of ${name}`, () => {
      assert.match(problems({ waivers: [{ ...waiver, ...change }] }).join("; "), expected);
    });
  }

  it("refuses levels of rules that do not exist, or that cannot repair", () => {
    assert.match(problems({ levels: { K99: "advisory" } }).join(), /K99, which does not exist/);
    assert.match(problems({ levels: { K01: "remediate" } }).join(), /nothing to remediate/);
  });

  it("leaves an expired waiver to W01, so that one sentence says so", () => {
    assert.deepEqual(problems({ waivers: [{ ...waiver, expires: "2026-11-20" }] }), []);
  });

  it("refuses a stage that is laxer than the one before", () => {
    assert.deepEqual(laxerThanBefore(prod, rules), []);
    const lax = laxerThanBefore({ ...prod, levels: { K01: "advisory" } }, rules, staging);
    assert.deepEqual(lax, ["K01 is laxer than in staging"]);
    const wide = laxerThanBefore({ ...prod, allow: { ...prod.allow, secrets: ["a/b"] } }, rules, staging);
    assert.deepEqual(wide, ['secrets has "a/b", which staging has not']);
  });
});

describe("waivers", () => {
  const broken = goodStack().resources.map((record) => {
    if (record.name !== "web-service") return record;
    return {
      ...record,
      props: { kind: "Service", metadata: { name: "web", namespace: "web" }, spec: { type: "NodePort" } },
    };
  });
  const ids = (waivers: readonly Waiver[]) =>
    judgeAll(rules, recordedFacts(broken), contextOf({ waivers })).map(({ rule }) => rule.id);

  it("cover a resource by its name and a Kubernetes object by namespace and name", () => {
    assert.deepEqual(ids([]), ["N05"]);
    assert.deepEqual(ids([{ ...waiver, rule: "N05", resource: "web-service" }]), []);
    assert.deepEqual(ids([{ ...waiver, rule: "N05", resource: "web/web" }]), []);
  });

  it("cover neither other rules nor other resources, and nothing after their day", () => {
    assert.deepEqual(ids([{ ...waiver, rule: "K24", resource: "web/web" }]), ["N05"]);
    assert.deepEqual(ids([{ ...waiver, rule: "N05", resource: "other/web" }]), ["N05"]);
    assert.deepEqual(ids([{ ...waiver, rule: "N05", resource: "web/web", expires: "2026-11-20" }]), [
      "N05",
      "W01",
    ]);
  });
});
