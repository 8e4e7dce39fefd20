import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { frameworkLabels, judgeAll } from "../../policy/judge";
import { recordedFacts } from "../../policy/recorded";
import type { Rule } from "../../policy/rule";
import { rules } from "../../policy/rules/all";
import { casesOf, changedStack, expectedPath, unknownStack } from "./support/cases";
import { contextOf, goodStack } from "./support/good-stack";

const policyFolder = join(__dirname, "..", "..", "policy");

/** Findings as `urn path`, what is not judged apart. */
function findings(
  rule: Rule,
  ...rest: Parameters<typeof judgeAll> extends [unknown, ...infer R] ? R : never
) {
  const judged = judgeAll([rule], ...rest);
  const place = judged.map(({ finding }) => ({ path: finding.path, notJudged: finding.notJudged === true }));
  return {
    broken: place.filter(({ notJudged }) => !notJudged).map(({ path }) => path),
    unknown: place.filter(({ notJudged }) => notJudged).map(({ path }) => path),
  };
}

describe("policy rules", () => {
  it("lists every file of policy/rules", () => {
    const files = readdirSync(join(policyFolder, "rules")).filter((file) => /^[A-Z]\d\d-.*\.ts$/.test(file));
    assert.deepEqual(rules.map((rule) => `${rule.id}-${rule.name}.ts`).sort(), files.sort());
  });

  it("has cases for every rule and no others", () => {
    const files = readdirSync(join(__dirname, "fixtures")).map((file) => file.replace(".yaml", ""));
    assert.deepEqual(files.sort(), rules.map((rule) => rule.id).sort());
  });

  it("makes a pack in one file only", () => {
    const sources = readdirSync(policyFolder, { recursive: true, encoding: "utf8" }).filter(
      (file) => file.endsWith(".ts") && !/^(bin|node_modules)\//.test(file),
    );
    const makers = sources.filter((file) =>
      readFileSync(join(policyFolder, file), "utf8").includes("new PolicyPack"),
    );
    assert.deepEqual(makers, ["index.ts"]);
  });

  for (const rule of rules) {
    const cases = casesOf(rule.id);
    describe(`${rule.id} ${rule.name}`, () => {
      it("says what to do, where to read on, and which framework asks for it", () => {
        assert.match(rule.remediation, /\.$/);
        assert.match(rule.url, /^https:\/\//);
        assert.notDeepEqual(frameworkLabels(rule), []);
      });
      it("is content with the good stack", () => {
        const { broken } = findings(rule, recordedFacts(goodStack().resources), contextOf({}));
        assert.deepEqual(broken, []);
      });
      if (rule.remedy === undefined || rule.resource !== undefined) {
        it("has two broken cases or more", () => assert.ok(Object.keys(cases.bad ?? {}).length >= 2));
      }
      for (const [name, change] of Object.entries(cases.good ?? {})) {
        it(`accepts: ${name}`, () => {
          assert.deepEqual(findings(rule, changedStack(change), contextOf(change)), {
            broken: [],
            unknown: [],
          });
        });
      }
      for (const [name, change] of Object.entries(cases.bad ?? {})) {
        it(`refuses: ${name}`, () => {
          const { broken } = findings(rule, changedStack(change), contextOf(change));
          assert.ok(broken.includes(expectedPath(change)), `found ${JSON.stringify(broken)}`);
        });
        const unknown = unknownStack(change);
        if (unknown === undefined) continue;
        it(`does not judge while unknown: ${name}`, () => {
          const { broken, unknown: open } = findings(rule, unknown, contextOf(change));
          assert.deepEqual(broken, []);
          assert.ok(open.length > 0, "nothing was reported as not judged");
        });
      }
      for (const [name, { from, secret }] of Object.entries(cases.remedy ?? {})) {
        it(`repairs: ${name}`, () => {
          const resource = recordedFacts(goodStack().resources).find((candidate) => candidate.name === from);
          assert.ok(resource && rule.remedy);
          assert.deepEqual(
            rule.remedy(resource, contextOf({})),
            secret.map((key) => ({ key, secret: true })),
          );
        });
      }
    });
  }
});
