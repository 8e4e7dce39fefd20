import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { missing } from "../support/missing";
import { fieldList } from "./support/field-list";

describe("every field of every stage's program", function () {
  this.timeout(240_000);

  it("is reported by the rules of test/policy/fields.txt when it is broken, and no new field goes unjudged", function () {
    if (spawnSync("clang", ["--version"]).status !== 0) missing(this, "clang");
    const known = readFileSync(join(__dirname, "fields.txt"), "utf8").split("\n");
    const found = fieldList().split("\n");
    // A line that stands on one side only: a field or a rule that is new, or that is lost.
    assert.deepEqual(
      {
        new: found.filter((line) => !known.includes(line)),
        gone: known.filter((line) => !found.includes(line)),
      },
      { new: [], gone: [] },
      "write the list anew (npx tsx test/policy/support/write-field-list.ts) and judge its difference",
    );
  });
});
