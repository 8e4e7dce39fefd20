import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { projectRoot } from "../../../../components/project-root";
import { judge, runMochaTier, testFiles } from "../../../../scripts/test/mocha-tier.mjs";

const root = projectRoot();
const tier = {
  name: "sample",
  about: "",
  folder: "x",
  limitSeconds: 60,
  soakFactor: 1,
  live: "cases" as const,
};

describe("a tier run", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tier-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const run = async (fixture: string, extra: { abort?: AbortSignal } = {}) => {
    const { cases } = await runMochaTier(tier, {
      root,
      files: [`test/fixtures/tiers/${fixture}.ts`],
      report: join(folder, `${fixture}.jsonl`),
      env: { ...process.env, CLEANED: join(folder, `${fixture}.cleaned`) },
      limitSeconds: 60,
      graceSeconds: 1,
      say: () => undefined,
      ...extra,
    });
    return cases.map(({ title, state, missing, error }) => ({
      title,
      state,
      missing,
      error: error?.split("\n")[0],
    }));
  };

  it("tells passed, failed and skipped for a named part, and takes a skip without one for a failure", async () => {
    const cases = await run("all-ends");
    assert.deepEqual(
      cases.map(({ title, state }) => `${state}: ${title}`),
      [
        "passed: outer › passes",
        "failed: outer › fails",
        "skipped: outer › lacks a part [missing: moon]",
        "failed: outer › is skipped for no reason",
        "skipped: outer › inner › first [missing: tide]",
        "skipped: outer › inner › innermost › second [missing: tide]",
        "skipped: outer › one by one › needs wind [missing: wind]",
        "passed: outer › one by one › needs none",
      ],
    );
    assert.deepEqual(
      cases.flatMap(({ missing }) => missing ?? []),
      ["moon", "tide", "tide", "wind"],
    );
    assert.match(cases[3]?.error ?? "", /name the missing part/);
  });

  it("passes an interruption to the running case, names it, and lets the clean-up run", async () => {
    const controller = new AbortController();
    const running = run("hangs", { abort: controller.signal });
    const report = join(folder, "hangs.jsonl");
    while (!existsSync(report) || !readFileSync(report, "utf8").includes("never ends")) await setTimeout(50);
    controller.abort();
    const cases = await running;
    assert.deepEqual(
      cases.map(({ title }) => title),
      ["slow › never ends", "the test process"],
    );
    assert.match(cases.at(-1)?.error ?? "", /^Interrupted/);
    assert.ok(existsSync(join(folder, "hangs.cleaned")), "the after hook ran");
  });

  it("names the case during which the limit passed", () => {
    const start = { event: "start" as const, title: "slow › never ends", file: "", seconds: 0 };
    const end = { code: null, signal: "SIGKILL", stopped: "limit" as const, leftBehind: false };
    const cases = judge([start], end, 300);
    assert.equal(cases.length, 1);
    assert.equal(cases[0]?.error, 'Its limit of 300 s passed during "slow › never ends"; it was stopped.');
  });

  it("counts a crash as a failure and keeps what was known before", async () => {
    const cases = await run("crashes");
    assert.deepEqual(
      cases.map(({ state }) => state),
      ["passed", "failed"],
    );
    assert.match(cases[1]?.error ?? "", /ended with status 7 during "takes the process down"/);
  });

  it("fails when something keeps the process alive, or a child process outlives it", async () => {
    const [lingering, leaving] = await Promise.all([run("lingers"), run("leaves-a-process")]);
    assert.match(lingering.at(-1)?.error ?? "", /kept the process alive/);
    assert.match(leaving.at(-1)?.error ?? "", /still running at its end/);
  });

  it("finds test files in a stable order and without another tier's", () => {
    const files = testFiles(root, { ...tier, folder: "test/unit", except: "test/unit/lib" });
    assert.ok(files.includes("test/unit/scripts/test/mocha-tier.test.ts"));
    assert.deepEqual(files, [...files].sort());
    assert.deepEqual(
      files.filter((path) => path.startsWith("test/unit/lib/")),
      [],
    );
    assert.deepEqual(testFiles(root, { ...tier, folder: "test/nowhere" }), []);
  });
});
