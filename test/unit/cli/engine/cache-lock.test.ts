import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holderLives, withCacheLock } from "../../../../cli/engine/cache-lock";
import { processStart } from "../../../../cli/process-table";

const neverWaits = (pid: number) => {
  throw new Error(`waited for ${pid}`);
};

describe("the lock of the engine cache", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cache-lock-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is held during the step and gone after it, also when the step fails", async () => {
    const file = join(folder, "lock");
    assert.equal(await withCacheLock(file, neverWaits, () => Promise.resolve(existsSync(file))), true);
    await assert.rejects(
      withCacheLock(file, neverWaits, () => Promise.reject(new Error("boom"))),
      /boom/,
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  it("is taken over from a process that died", async () => {
    const file = join(folder, "lock");
    const child = spawn("true");
    const dead = child.pid ?? 0;
    await once(child, "exit");
    writeFileSync(file, `${dead} 1`);
    writeFileSync(`${file}.${dead}`, `${dead} 1`);
    assert.equal(await withCacheLock(file, neverWaits, () => Promise.resolve("built")), "built");
    assert.deepEqual(readdirSync(folder), []);
  });

  it("is waited for while its process lives, and says so once", async () => {
    const file = join(folder, "lock");
    const child = spawn("sleep", ["600"]);
    await once(child, "spawn");
    const pid = child.pid ?? 0;
    writeFileSync(file, `${pid} ${processStart(pid) ?? ""}`);
    const waited: number[] = [];
    const onWait = (holder: number) => {
      waited.push(holder);
      child.kill("SIGKILL");
    };
    await withCacheLock(file, onWait, () => Promise.resolve());
    assert.deepEqual(waited, [pid]);
  });

  it("knows a reused pid by its start time", () => {
    assert.equal(
      holderLives({ pid: 7, start: "100" }, () => "100"),
      true,
    );
    assert.equal(
      holderLives({ pid: 7, start: "100" }, () => "200"),
      false,
    );
  });
});
