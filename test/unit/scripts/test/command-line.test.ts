import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../../../components/project-root";
import { tierNames } from "../../../../scripts/test/tiers.mjs";

const runIn = (tree: string, ...args: string[]) => {
  const script = join(tree, "scripts/test.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
};
const run = (...args: string[]) => runIn(projectRoot(), ...args);

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

  it("gives JSON alone on standard output, its totals at the end of the rest, and no success to a tier without tests", () => {
    // A tree with nothing but the scripts.
    const tree = mkdtempSync(join(tmpdir(), "ebpf-platform-no-tests-"));
    try {
      cpSync(join(projectRoot(), "scripts"), join(tree, "scripts"), { recursive: true });
      symlinkSync(join(projectRoot(), "node_modules"), join(tree, "node_modules"));
      const { status, stdout, stderr } = runIn(tree, "--no-build", "--json", "--tier", "contract");
      assert.equal(status, 1, "a run of nothing proves nothing");
      const { failed, tiers } = JSON.parse(stdout) as { failed: number; tiers: { name: string }[] };
      assert.deepEqual([failed, tiers.map(({ name }) => name)], [1, ["contract"]]);
      assert.match(stderr, /\n0 passed, 1 failed, 0 skipped\n$/);
    } finally {
      rmSync(tree, { recursive: true, force: true });
    }
  });

  it("has a row for each tier in docs/testing.md", () => {
    const document = readFileSync(join(projectRoot(), "docs/testing.md"), "utf8");
    for (const name of tierNames) assert.match(document, new RegExp(`^\\| \`${name}\``, "m"));
  });
});
