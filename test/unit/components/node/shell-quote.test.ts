import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { shellQuote } from "../../../../components/node/shell-quote";

describe("shellQuote", () => {
  it("gives bash back exactly what went in, whatever it is", () => {
    const text = fc
      .string({ unit: "binary", maxLength: 40 })
      .filter((value) => !value.includes("\0") && Buffer.from(value).toString() === value);
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 50 }), (values) => {
        const script = `printf '%s\\0' ${values.map(shellQuote).join(" ")}`;
        const { stdout } = spawnSync("/bin/bash", ["-c", script], { encoding: "utf8" });
        assert.deepEqual(stdout.split("\0").slice(0, -1), values);
      }),
      { numRuns: 20 },
    );
  });

  it("refuses NUL, which no shell word can hold", () => {
    assert.throws(() => shellQuote("a\0b"), /cannot contain the character NUL/);
  });
});
