import assert from "node:assert/strict";
import { parseAnswer } from "../../../../components/node/step-answer";
import { outerTimeout, stepCommand, stepInput, type Step } from "../../../../components/node/step";

const step: Step = { id: "lab.edge", script: "true", timeoutSeconds: 30 };
const field = (input: string, key: string): string => {
  const line = input.split("\n").find((each) => each.startsWith(`${key} `));
  return Buffer.from(line?.slice(key.length + 1) ?? "", "base64").toString();
};

describe("stepCommand", () => {
  it("starts with timeout, is one short line, and knows nothing of a step but its limit", () => {
    for (const verb of ["run", "undo"] as const) {
      const text = stepCommand(verb, 30);
      assert.match(text, /^timeout -k 10 150 \/bin\/bash -c '[^']+' step (run|undo)$/);
      assert.ok(text.length < 140 && !text.includes("\n"));
    }
  });

  it("outlasts a step that has to end before, and this one", () => {
    for (const seconds of [1, 300, 99_999]) assert.ok(outerTimeout(seconds) > 2 * (seconds + 10) + 60 - 1);
  });
});

describe("stepInput", () => {
  it("does not depend on the order in which variables were written", () => {
    const one = stepInput({ ...step, args: { a: "1", b: "2" }, secrets: { x: "3", y: "4" } });
    assert.equal(stepInput({ ...step, args: { b: "2", a: "1" }, secrets: { y: "4", x: "3" } }), one);
  });

  it("quotes values for the shell and ends with a mark, so that a cut shows", () => {
    const input = stepInput({ ...step, args: { who: "it's" }, secrets: { key: "a\nb" } });
    assert.equal(field(input, "args"), "who='it'\\''s'\n");
    assert.equal(field(input, "secrets"), "key='a\nb'\n");
    assert.ok(input.endsWith("\nend\n"));
  });

  it("changes with the machine, not in what the runner compares", () => {
    const [first, second] = [stepInput(step, "one"), stepInput(step, "two")];
    assert.notEqual(first, second);
    assert.equal(field(first, "script"), field(second, "script"));
  });

  for (const [wrong, words] of [
    [{ id: "Upper" }, /The step id "Upper"/],
    [{ id: "../x" }, /The step id/],
    [{ timeoutSeconds: 0 }, /time limit of step lab\.edge is 0/],
    [{ timeoutSeconds: 1.5 }, /whole seconds/],
    [{ args: { "a b": "" } }, /variable "a b" of step lab\.edge/],
    [{ secrets: { PATH: "/x" } }, /variable "PATH"/],
    [{ args: { BASH_ENV: "/x" } }, /variable "BASH_ENV"/],
  ] as const) {
    it(`refuses ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => stepInput({ ...step, ...wrong }), words);
    });
  }
});

describe("parseAnswer", () => {
  const good = { step: "s", state: "skipped", rc: 0, hash: "h", seconds: 1, output: { a: 1 } };

  it("reads the runner's line", () => {
    assert.deepEqual(parseAnswer(`${JSON.stringify(good)}\n`, "s", "edge"), good);
    assert.equal(parseAnswer(JSON.stringify({ ...good, output: null }), "s", "edge").output, null);
  });

  for (const text of [
    "",
    "{",
    "null",
    "[]",
    JSON.stringify({ ...good, output: [] }),
    JSON.stringify({ ...good, state: "no" }),
  ]) {
    it(`names step and node for ${text || "nothing"}`, () => {
      assert.throws(
        () => parseAnswer(text, "s", "edge"),
        /^Error: Step s on node edge wrote no valid JSON object/,
      );
    });
  }
});
