import assert from "node:assert/strict";
import { parseRelease } from "@ebpf-platform/lib/release";
import { ledgerFacts } from "../../policy/ledger-facts";
import { verifiedWorld, type World } from "../unit/lib/rollout/world";

const facts = (world: World, stack: string, stage: "dev" | "canary" | "prod") =>
  ledgerFacts({ stack, stage, release: world.release }, parseRelease(world.lock), (name) =>
    world.ledgers.get(name),
  );

describe("what the policies read in ledgers", () => {
  it("names the objects that the stage before has verified, in the stack's own family", () => {
    const world = verifiedWorld(["canary"], { family: "t-" });
    assert.deepEqual(facts(world, "t-prod", "prod"), { auditedObjects: ["b".repeat(64)] });
    assert.deepEqual(facts(world, "prod", "prod"), { auditedObjects: [] });
    assert.deepEqual(facts(world, "t-dev", "dev"), { auditedObjects: [] });
  });

  it("holds a release that is not verified, was judged by other gates, or was taken back", () => {
    const world = verifiedWorld(["canary"]);
    const { release } = world;
    const other = { ...world, release: { version: "2026.11.8", sha256: "8".repeat(64) } };
    assert.equal(facts(other, "prod", "prod").problem, "is not verified in the ledger of canary");
    const gates = { ...parseRelease(world.lock), gates: { sha256: "0".repeat(64) } };
    const judged = ledgerFacts({ stack: "prod", stage: "prod", release }, gates, (name) =>
      world.ledgers.get(name),
    );
    assert.match(judged.problem ?? "", /verified on canary with other gate files/);
    world.add("prod", { type: "rolledBack", release, reason: "S1" });
    assert.equal(facts(world, "prod", "prod").problem, "was taken back from prod: S1");
    world.add("prod", { type: "lifted", release, by: "a person", reason: "known" });
    world.add("canary", { type: "rolledBack", release, reason: "S6" });
    assert.equal(facts(world, "prod", "prod").problem, "was taken back from canary: S6");
  });

  it("takes a changed ledger for a problem, not for a missing one", () => {
    const world = verifiedWorld(["canary"]);
    world.ledgers.set("canary", world.ledgers.get("canary")!.replace("verified", "Verified"));
    assert.match(
      facts(world, "prod", "prod").problem ?? "",
      /cannot be looked up: ledger\/canary\.ndjson, line 2/,
    );
  });
});
