import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../components/project-root";
import { buildGoTool } from "../support/go-tool";
import { missing } from "../support/missing";

interface Workflow {
  readonly on: unknown;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly if?: string;
        readonly permissions?: Readonly<Record<string, string>>;
        readonly steps: readonly { readonly run?: string }[];
      }
    >
  >;
}

const folder = join(projectRoot(), ".github", "workflows");
const files = readdirSync(folder).map((name) => join(folder, name));

describe("workflows", () => {
  it("pass actionlint", function () {
    this.timeout(240_000);
    const built = buildGoTool("actionlint", "github.com/rhysd/actionlint/cmd/actionlint");
    if ("missing" in built) missing(this, built.missing);
    const { status, stdout, stderr } = spawnSync(built.tool, ["-no-color", ...files], { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  });

  for (const file of files) {
    const text = readFileSync(file, "utf8");
    const workflow = parse(text) as Workflow;
    describe(file.slice(folder.length + 1), () => {
      it("pins every action by the SHA of a release that it names", () => {
        for (const line of text.split("\n").filter((one) => /^\s*(- )?uses:/.test(one)))
          assert.match(line, /uses: [\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      });

      it("uses no secret, and gives code of a pull request no right to write", () => {
        assert.doesNotMatch(text, /secrets\.|pull_request_target|workflow_run|write-all/);
        for (const level of Object.values(workflow.permissions)) assert.equal(level, "read");
        for (const { if: condition, permissions, steps } of Object.values(workflow.jobs)) {
          if (!Object.values(permissions ?? {}).includes("write")) continue;
          assert.match(condition ?? "", /head\.repo\.full_name == github\.repository/);
          assert.ok(steps.every(({ run }) => run === undefined || run.startsWith("gh pr comment ")));
        }
      });

      it("puts nothing of the event into a script", () => {
        for (const { steps } of Object.values(workflow.jobs))
          for (const { run } of steps) assert.doesNotMatch(run ?? "", /\$\{\{/);
      });
    });
  }
});
