import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../../../cli/failure";
import { processStartTime } from "../../../../cli/process-table";
import { clearDeadLocks, judgeLock } from "../../../../cli/stack/dead-lock";

const lock = { pid: 42, username: "root", hostname: "here", timestamp: "2026-11-21T19:06:19.953Z" };
const at = Date.parse(lock.timestamp);

describe("the lock of an engine", () => {
  it("is dead when its process is gone or its pid belongs to a younger process", () => {
    assert.equal(
      judgeLock(lock, "here", () => undefined),
      "dead",
    );
    assert.equal(
      judgeLock(lock, "here", () => at + 60_000),
      "dead",
    );
  });
  it("lives when its process is older than the lock", () => {
    assert.equal(
      judgeLock(lock, "here", () => at - 5),
      "here",
    );
    assert.equal(
      judgeLock(lock, "here", () => at + 900),
      "here",
    );
  });
  it("is never judged from another machine", () =>
    assert.equal(
      judgeLock(lock, "there", () => undefined),
      "elsewhere",
    ));

  describe("in a file backend", () => {
    let folder = "";
    let file = "";
    const notes: string[] = [];
    beforeEach(() => {
      notes.length = 0;
      folder = mkdtempSync(join(tmpdir(), "locks-"));
      const locks = join(folder, ".pulumi", "locks", "organization", "ebpf-platform", "t-lock");
      mkdirSync(locks, { recursive: true });
      file = join(locks, "a.json");
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));
    const write = (change: object) =>
      writeFileSync(
        file,
        JSON.stringify({ ...lock, hostname: hostname(), timestamp: new Date().toISOString(), ...change }),
      );
    const clear = () => clearDeadLocks(`file://${folder}`, "t-lock", (text) => notes.push(text));

    it("is removed with a notice when the engine died, and what it left is ended", async () => {
      // The leader ends at once and leaves a member of its session behind, as a killed engine leaves its plugins.
      const leader = spawn("setsid", ["sh", "-c", "sleep 600 </dev/null >/dev/null 2>&1 & echo $$"], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      const [chunk] = (await once(leader.stdout, "data")) as [Buffer];
      await once(leader, "exit");
      const pid = Number(chunk.toString().trim());
      const members = () => spawnSync("pgrep", ["-s", String(pid)], { encoding: "utf8" }).stdout.trim();
      assert.notEqual(members(), "");
      write({ pid });
      assert.equal(clear(), true);
      assert.ok(!existsSync(file));
      assert.match(notes.join(), /killed \(process \d+.* ended 1 processes/);
      for (const deadline = Date.now() + 5_000; members() !== "" && Date.now() < deadline;);
      assert.equal(members(), "");
    });

    it("refuses while its process lives", () => {
      assert.ok(processStartTime(process.pid));
      write({ pid: process.pid });
      assert.throws(clear, (error: unknown) => error instanceof Failure && error.outcome === "locked");
      assert.ok(existsSync(file));
    });

    it("refuses a lock of another host", () => {
      write({ hostname: "elsewhere.example", pid: 4_000_000 });
      assert.throws(clear, /root@elsewhere\.example \(process 4000000.*pulumi cancel/);
    });

    it("is left to the engine in any other backend", () => {
      assert.equal(
        clearDeadLocks("s3://bucket", "t-lock", () => undefined),
        false,
      );
      assert.equal(
        clearDeadLocks(undefined, "t-lock", () => undefined),
        false,
      );
    });
  });
});
