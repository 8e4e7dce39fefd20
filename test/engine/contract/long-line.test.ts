import assert from "node:assert/strict";
import { local } from "@pulumi/command";
import { missing } from "../../support/missing.js";
import { engineEnvironment, type EngineEnvironment } from "./active-providers.js";
import { ContractStack } from "./contract-stack.js";

// Long enough to tell a run that hangs from one that ends; a hanging one is stopped then.
const LIMIT_MS = 15_000;

/**
 * A line of 64 KiB with logging on never succeeds: the official provider hangs on it for ever, the stand-in fails.
 * Whoever needs long lines has to switch logging off, and must not get away without it here.
 */
describe("a logged line of 64 KiB", function () {
  this.timeout(120_000);
  let environment: EngineEnvironment | undefined;

  before(async function () {
    const found = await engineEnvironment();
    if ("missing" in found) missing(this, found.missing);
    environment = found;
  });

  after(() => {
    environment?.dispose();
  });

  it("does not succeed", async () => {
    assert.ok(environment);
    const stack = await ContractStack.create({ name: "line", path: environment.path });
    const create = (length: number) => `head -c ${String(length)} /dev/zero | tr '\\0' x`;
    try {
      const run = await stack.upWithin(LIMIT_MS, () => [
        new local.Command("short", { create: create(65_536) }),
        new local.Command("long", { create: create(65_537) }),
      ]);
      // No answer is the official one.
      if (!run) return;
      assert.deepEqual(run.get("short")?.errors, []);
      assert.match(run.get("long")?.errors.join("\n") ?? "", /goes on after 65536 bytes without a newline/);
    } finally {
      stack.discard();
    }
  });
});
