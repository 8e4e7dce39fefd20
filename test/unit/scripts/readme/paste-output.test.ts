import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../../components/project-root";
import { pasteOutput } from "../../../../scripts/readme/paste-output.mjs";

const readme = "a\n<!-- output:start npm x -->\nold\n<!-- output:end -->\nb\n";

describe("the README's output", () => {
  it("takes the place of the old one, and the same one changes nothing", () => {
    const once = pasteOutput(readme, "npm x", "\u001b[32mgreen\u001b[0m\nhalf\rwhole\n\n");
    assert.equal(
      once,
      "a\n<!-- output:start npm x -->\n\n```text\ngreen\nwhole\n```\n\n<!-- output:end -->\nb\n",
    );
    assert.equal(pasteOutput(once, "npm x", "green\nwhole"), once);
  });

  it("leaves the middle of a long output out", () => {
    const long = Array.from({ length: 200 }, (_, index) => `line ${index}`).join("\n");
    const text = pasteOutput(readme, "npm x", long);
    assert.match(text, /line 11\n… 140 more lines …\nline 152\n/);
  });

  it("is refused when the markers are gone", () => {
    assert.throws(() => pasteOutput("a", "npm x", "b"), /has no "<!-- output:start npm x -->"/);
  });

  it("has its markers in README.md", () => {
    const text = readFileSync(join(projectRoot(), "README.md"), "utf8");
    for (const command of ["npm start", "npm test"])
      assert.ok(pasteOutput(text, command, "x").includes("```text\nx\n"));
  });
});
