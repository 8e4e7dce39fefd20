import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../components/project-root";
import { EXIT_STATUS } from "../../../cli/exit-status";

describe("docs/engine.md", () => {
  it("lists every exit status with its meaning", () => {
    const page = readFileSync(join(projectRoot(), "docs", "engine.md"), "utf8")
      .replaceAll("`", "")
      .replace(/ +/g, " ");
    for (const { code, meaning } of Object.values(EXIT_STATUS))
      assert.ok(page.includes(`| ${code} | ${meaning} |`), meaning);
  });
});
