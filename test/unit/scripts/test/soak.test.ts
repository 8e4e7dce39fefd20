import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../../../components/project-root";
import { totals } from "../../../../scripts/test/report.mjs";
import { runSoak } from "../../../../scripts/test/soak.mjs";

describe("a soak run", () => {
  let root: string;
  const said: string[] = [];
  const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  const commit = () => {
    git("add", "-A");
    git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "x");
  };
  const write = (path: string, text: string) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const soak = () => {
    said.length = 0;
    return runSoak(["kernel"], {
      ...{ root, seed: 3, seeds: 2, fresh: false, colours: false, abort: new AbortController().signal },
      say: (text) => said.push(text),
      env: { ...process.env, SOAK: "1" },
    });
  };

  before(() => {
    root = mkdtempSync(join(tmpdir(), "soak-"));
    git("init", "-q");
    symlinkSync(join(projectRoot(), "node_modules"), join(root, "node_modules"));
    write(".gitignore", ".cache/\nnode_modules\nseeds.log\n");
    write(".mocharc.json", JSON.stringify({ "node-option": ["import=tsx"] }));
    write("test/support/seed.ts", "export const seed = process.env.SEED;\n");
    write("test/bpf/fixed.test.ts", 'it("is fixed", () => undefined);\n');
    const random = `import { seed } from "../support/seed";
import { appendFileSync } from "node:fs";
it("is random", () => appendFileSync("seeds.log", seed + " "));
`;
    write("test/bpf/random.test.ts", random);
    commit();
  });
  after(() => {
    rmSync(root, { recursive: true });
  });

  it("runs random files with every seed, others once, and reports commit and machine", async () => {
    assert.equal(totals(await soak()), "3 passed, 0 failed, 0 skipped");
    assert.equal(readFileSync(join(root, "seeds.log"), "utf8"), "3 4 ");
    const head = git("rev-parse", "--short=12", "HEAD");
    const report = readFileSync(join(root, ".cache/soak", head, "report.md"), "utf8");
    for (const part of [head, process.version, "3 of 3 done", "| kernel | 3 | 0 | 0 |"]) {
      assert.ok(report.includes(part), `"${part}" stands in\n${report}`);
    }
  });

  it("does not repeat what is done for the same commit, and repeats what failed", async () => {
    assert.equal(totals(await soak()), "3 passed, 0 failed, 0 skipped");
    assert.equal(said.filter((text) => text.includes("done before")).length, 3);
    write(
      "test/bpf/once.test.ts",
      'it("fails first", () => { if (!process.env.MENDED) throw new Error("no"); });\n',
    );
    commit();
    assert.equal(totals(await soak()), "3 passed, 1 failed, 0 skipped");
    process.env.MENDED = "1";
    try {
      assert.equal(totals(await soak()), "4 passed, 0 failed, 0 skipped");
    } finally {
      delete process.env.MENDED;
    }
    assert.equal(said.filter((text) => text.includes("done before")).length, 3);
  });

  it("trusts no earlier step when the tree has changes that no commit names", async () => {
    write("test/bpf/fixed.test.ts", 'it("is changed", () => undefined);\n');
    await soak();
    await soak();
    assert.equal(said.filter((text) => text.includes("done before")).length, 0);
    assert.match(said.join("\n"), /-dirty/);
  });
}).timeout(120_000);
