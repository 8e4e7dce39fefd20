import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { runBounded } from "../../../../scripts/test/bounded-process.mjs";
import { groupRuns } from "../../../../scripts/test/process-group.mjs";

const bash = async (script: string, extra: { limitSeconds?: number; cleanUpSeconds?: number } = {}) => {
  let output = "";
  const end = await runBounded("bash", ["-c", script], {
    cwd: "/",
    env: process.env,
    stdio: ["ignore", "pipe", "pipe"],
    limitSeconds: 60,
    onOutput: (chunk) => (output += chunk),
    ...extra,
  });
  return { ...end, output };
};

describe("a bounded process", () => {
  it("hands back status, signal and output", async () => {
    const { code, output, stopped, leftBehind } = await bash("echo one; echo two >&2; exit 3");
    assert.deepEqual({ code, stopped, leftBehind }, { code: 3, stopped: undefined, leftBehind: false });
    assert.deepEqual(output.split("\n").sort(), ["", "one", "two"]);
    assert.equal((await bash("kill -TERM $$")).signal, "SIGTERM");
  });

  it("is asked to end at its limit, so that it can clean up", async () => {
    const end = await bash('trap "echo cleaned; exit 9" INT; while :; do sleep 0.1; done', {
      limitSeconds: 2,
    });
    assert.deepEqual(
      { ...end },
      { code: 9, signal: null, stopped: "limit", leftBehind: false, output: "cleaned\n" },
    );
  });

  it("is killed with all it started when it does not end", async () => {
    const end = await bash('trap "" INT; sleep 100 & wait; sleep 100', {
      limitSeconds: 1,
      cleanUpSeconds: 1,
    });
    assert.equal(end.signal, "SIGKILL");
    assert.equal(end.stopped, "limit");
  });

  it("takes what it left running with it", async () => {
    const end = await bash("sleep 100 >/dev/null 2>&1 & echo $$");
    assert.equal(end.leftBehind, true);
    while (groupRuns(Number(end.output))) await setTimeout(20);
  });

  it("rejects when there is no such command", async () => {
    const options = { cwd: "/", env: process.env, stdio: "ignore" as const, limitSeconds: 1 };
    await assert.rejects(runBounded("no-such-command", [], options), /ENOENT/);
  });
});
