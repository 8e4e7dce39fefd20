import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rules } from "../../policy/rules/all";
import { missing } from "../support/missing";
import { contextOf, goodStack } from "./support/good-stack";
import { escaped, mutations, runMutations } from "./support/mutation";
import { stageProgram } from "./support/stage-programs";

describe("policy mutations", function () {
  this.timeout(120_000);

  it("catches every break of the good stack by the expected rule", () => {
    const outcomes = runMutations(goodStack().resources, rules, contextOf({}));
    assert.ok(outcomes.length >= 150, `only ${outcomes.length} mutations`);
    assert.deepEqual(escaped(outcomes), []);
  });

  it("breaks each kind of place it knows", () => {
    const broken = new Set(mutations(goodStack().resources).map(({ broken: { rule } }) => rule));
    for (const id of ["K02", "K17", "H01", "H04", "S01", "B02", "M03", "N01", "R01"])
      assert.ok(broken.has(id), id);
  });

  it("does not start from a stack that is broken already", () => {
    const broken = goodStack().resources.map((record) =>
      record.name === "cp-1-ready" ? { ...record, props: {} } : record,
    );
    assert.throws(() => runMutations(broken, rules, contextOf({})), /not good/);
  });

  it("catches every break of the real lab, whose hidden options are recorded", function () {
    if (spawnSync("clang", ["--version"]).status !== 0) missing(this, "clang");
    const { resources, context } = stageProgram("lab");
    const outcomes = runMutations(resources, rules, context);
    assert.ok(outcomes.length >= 100, `only ${outcomes.length} mutations`);
    assert.deepEqual(escaped(outcomes), []);
  });
});
