import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stagePolicies } from "../../policy/config/load";
import { policiesPage } from "../../policy/docs";
import { rules } from "../../policy/rules/all";

describe("docs/policies.md", () => {
  const page = policiesPage(rules, stagePolicies);

  it("is what the rules say; npx tsx policy/write-page.ts writes it", () => {
    assert.equal(readFileSync(join(__dirname, "..", "..", "docs", "policies.md"), "utf8"), page);
  });

  it("has a section for every rule", () => {
    for (const { id, name } of rules) assert.match(page, new RegExp(`^### ${id} ${name}$`, "m"));
  });
});

describe("rule texts", () => {
  for (const rule of rules) {
    it(`${rule.id} says what, why and how in sentences`, () => {
      for (const text of [rule.what, rule.why, rule.remediation]) assert.match(text, /^[\w`].*[.)]$/s);
      assert.ok(rule.url.startsWith("https://"));
    });
  }
});
