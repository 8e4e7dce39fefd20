import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../../components/project-root";

describe(".ci/run", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ci-run-"));
    mkdirSync(join(folder, ".ci"));
    copyFileSync(join(projectRoot(), ".ci/run"), join(folder, ".ci/run"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (command: string, env: Record<string, string | undefined> = {}) => {
    const block = command && `\`\`\`sh\n${command}\n\`\`\`\n`;
    const readme = `# x\n\n\`\`\`sh\nother\n\`\`\`\n\n<!-- test-command:start -->\n\n${block}\n<!-- test-command:end -->\n`;
    writeFileSync(join(folder, "README.md"), readme);
    const options = {
      cwd: "/",
      env: { ...process.env, ...env },
      encoding: "utf8" as const,
      input: "typed\n",
    };
    const { status, stdout, stderr } = spawnSync(join(folder, ".ci/run"), [], options);
    return { status, lines: stdout.trimEnd().split("\n"), stderr };
  };

  it("runs the command that the README shows, which is `npm test`", () => {
    const options = { encoding: "utf8" as const };
    const { stdout } = spawnSync(join(projectRoot(), ".ci/run"), ["--print-command"], options);
    assert.equal(stdout, "npm test\n");
    const { scripts } = JSON.parse(readFileSync(join(projectRoot(), "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    assert.ok(scripts.test, "package.json has a test script");
  });

  it("runs without standard input, in the checkout, with a home", () => {
    const { status, lines } = run(
      'read -r line || echo "no input"; pwd; test -d "$HOME" && echo home; echo "1 passed, 0 failed, 2 skipped"',
      { HOME: undefined },
    );
    assert.equal(status, 0);
    assert.deepEqual(lines.slice(-4), ["no input", folder, "home", "1 passed, 0 failed, 2 skipped"]);
  });

  it("passes the status of the command on, and ends with its totals", () => {
    const { status, lines } = run('echo "1 passed, 3 failed, 0 skipped"; echo "npm error" >&2; exit 1');
    assert.equal(status, 1);
    assert.equal(lines.at(-1), "1 passed, 3 failed, 0 skipped");
  });

  it("fails when the command ends without totals, even with status 0", () => {
    for (const [command, expected] of [["true", 1] as const, ["exit 3", 3] as const]) {
      const { status, lines } = run(command);
      assert.equal(status, expected);
      assert.equal(lines.at(-1), "0 passed, 1 failed, 0 skipped");
    }
  });

  it("stops at its limit", () => {
    const { status, lines } = run("sleep 60", { CI_LIMIT_SECONDS: "1" });
    assert.equal(status, 124);
    assert.match(lines.join("\n"), /the limit of 1 s passed/);
    assert.equal(lines.at(-1), "0 passed, 1 failed, 0 skipped");
  });

  it("says what to do when the README holds no command", () => {
    const { status, stderr } = run("");
    assert.equal(status, 2);
    assert.match(stderr, /no command between its test-command markers/);
  });
});
