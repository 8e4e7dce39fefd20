import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../../../components/project-root";
import { mochaTiers, tierNames } from "../../../../scripts/test/tiers.mjs";

const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(projectRoot(), "scripts/test.mjs"), ...args],
    {
      encoding: "utf8",
    },
  );
  return { status, stdout, stderr };
};

describe("the command line of the tests", () => {
  it("lists the tiers in their order, and explains itself", () => {
    const { status, stdout } = run("--list");
    assert.equal(status, 0);
    assert.deepEqual(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(" ")[0]),
      tierNames,
    );
    const help = run("--help");
    assert.equal(help.status, 0);
    for (const option of ["--tier", "--list", "--seed", "--soak", "--json", "--help"])
      assert.ok(help.stdout.includes(option));
  });

  for (const [args, message] of [
    [["--tier", "moon"], /no tier is named "moon"; there are lint, unit/],
    [["--seed", "x"], /--seed: "x" is not a whole number/],
    [["--fast"], /Unknown option '--fast'.*--help/s],
    [["unit"], /Unexpected argument 'unit'/],
  ] as const) {
    it(`refuses ${args.join(" ")} with status 2 and one sentence`, () => {
      const { status, stdout, stderr } = run(...args);
      assert.equal(status, 2);
      assert.equal(stdout, "");
      assert.match(stderr, message);
    });
  }

  it("gives JSON alone on standard output, and its totals at the end of the rest", () => {
    const empty = mochaTiers.find(({ later }) => later)?.name ?? "";
    const { status, stdout, stderr } = run("--no-build", "--json", "--tier", empty);
    assert.equal(status, 1, "a run of nothing proves nothing");
    assert.deepEqual(JSON.parse(stdout), { passed: 0, failed: 0, skipped: 0, tiers: [] });
    assert.match(stderr, /\n0 passed, 0 failed, 0 skipped\n$/);
  });

  it("has a row for each tier in docs/testing.md", () => {
    const document = readFileSync(join(projectRoot(), "docs/testing.md"), "utf8");
    for (const name of tierNames) assert.match(document, new RegExp(`^\\| \`${name}\``, "m"));
  });
});
