import assert from "node:assert/strict";
import fc from "fast-check";
import { releaseIdentity } from "@ebpf-platform/lib/release";
import {
  promotionFaults,
  verifiedObjects,
  readLedger,
  stackOfStage,
  stageBefore,
} from "@ebpf-platform/lib/rollout";
import { verifiedWorld, type World } from "./world";

const DAY = 86_400_000;

/** What stands against promoting the release to a stack of the world. */
function faults(world: World, stack: string, stage: string, after = 2 * DAY): readonly string[] {
  return promotionFaults({
    release: world.release,
    stack,
    stage,
    readLock: (version) => (version === world.release.version ? world.lock : undefined),
    gates: world.gates,
    readLedger: (name) => world.ledgers.get(name),
    readEvidence: (sha256) => world.evidence.get(sha256),
    now: new Date(world.exposedAt.getTime() + after),
  });
}

/** The text with one byte changed to another letter or digit. */
function flip(text: string, at: number): string {
  const other = text[at] === "7" ? "8" : "7";
  return `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
}

describe("a promotion", () => {
  it("needs nothing before dev, and the stage right before from then on", () => {
    const world = verifiedWorld(["staging"]);
    assert.deepEqual(faults(world, "dev", "dev"), []);
    assert.deepEqual(faults(world, "canary", "canary"), []);
    assert.match(
      faults(world, "prod", "prod").join(),
      /stack canary has no ledger: run the release there first/,
    );
    assert.match(faults(world, "staging", "staging").join(), /stack dev has no ledger/);
    assert.match(faults(world, "other", "prod").join(), /does not end with its stage prod/);
  });

  it("waits for the soak", () => {
    const world = verifiedWorld(["staging"]);
    assert.deepEqual(faults(world, "canary", "canary", 3_600_000), []);
    assert.match(
      faults(world, "canary", "canary", 3_599_000).join(),
      /has run on staging for 3599 s of 3600 s/,
    );
  });

  it("is refused after a rollback, here or before, until a person lifts it", () => {
    const world = verifiedWorld(["dev", "staging", "canary"]);
    assert.deepEqual(faults(world, "prod", "prod"), []);
    const { release } = world;
    world.add("prod", { type: "rolledBack", release, reason: "S1: 30 errors" });
    assert.match(faults(world, "prod", "prod").join(), /taken back from prod \(S1: 30 errors\)/);
    world.add("prod", { type: "lifted", release, by: "a person", reason: "a bad disk it was" });
    assert.deepEqual(faults(world, "prod", "prod"), []);
    world.add("canary", { type: "rolledBack", release, reason: "S6" });
    assert.match(faults(world, "prod", "prod").join(), /taken back from canary/);
    world.add("canary", { type: "lifted", release, by: "a person", reason: "known" });
    assert.match(faults(world, "prod", "prod").join(), /the ledger of canary does not show it verified/);
    world.add("canary", { type: "exposed", release });
    assert.match(faults(world, "prod", "prod").join(), /the ledger of canary does not show it verified/);
  });

  it("is refused for a verdict that its evidence does not bear out", () => {
    const short = verifiedWorld(["staging"], { windows: 2 });
    assert.match(faults(short, "canary", "canary").join(), /gives no pass: 2 of 3 windows/);
    const bad = verifiedWorld(["staging"], { errors: 12 });
    assert.match(faults(bad, "canary", "canary").join(), /gives no pass/);
    const lying = verifiedWorld(["staging"], { errors: 12, claim: "PASS" });
    assert.match(faults(lying, "canary", "canary").join(), /window 1: recorded PASS, its answers give FAIL/);
    const other = verifiedWorld(["staging"], { step: "staging/dose-50/gate" });
    assert.match(faults(other, "canary", "canary").join(), /no evidence is of staging\/dose-100\/gate/);
  });

  it("is refused for any changed byte in lock, gates, evidence or ledger", () => {
    const world = verifiedWorld(["staging"]);
    assert.deepEqual(faults(world, "canary", "canary"), []);
    const parts: [string, string, (text: string) => World][] = [
      ["lock", world.lock, (lock) => ({ ...world, lock })],
      ...[...world.gates].map(([path, text]): [string, string, (text: string) => World] => [
        path,
        text,
        (changed) => ({ ...world, gates: new Map([...world.gates, [path, changed]]) }),
      ]),
      [
        "ledger",
        world.ledgers.get("staging")!,
        (text) => ({ ...world, ledgers: new Map([["staging", text]]) }),
      ],
      ...[...world.evidence].map(([name, text]): [string, string, (text: string) => World] => [
        name,
        text,
        (changed) => ({ ...world, evidence: new Map([...world.evidence, [name, changed]]) }),
      ]),
    ];
    for (const [name, text, changed] of parts) {
      fc.assert(
        fc.property(fc.nat(text.length - 1), (at) => {
          const found = ((): readonly string[] => faults(changed(flip(text, at)), "canary", "canary"))();
          assert.ok(found.length > 0, `${name}, byte ${String(at)}`);
        }),
        { numRuns: 60 },
      );
    }
  });

  it("is refused for a ledger that lost, doubled or swapped a line, or is another stack's", () => {
    const world = verifiedWorld(["staging"]);
    const lines = world.ledgers.get("staging")!.split(/(?<=\n)/);
    const of = (stack: string, text: string): string =>
      faults({ ...world, ledgers: new Map([[stack, text]]) }, "canary", "canary").join();
    assert.match(of("staging", lines.slice(1).join("")), /line 1: the entry does not follow the one before/);
    assert.match(of("staging", [lines[0], ...lines].join("")), /line 2: the entry does not follow/);
    assert.match(of("staging", lines.toReversed().join("")), /does not follow/);
    assert.match(of("staging", verifiedWorld(["dev"]).ledgers.get("dev")!), /line 1: .*does not follow/);
    assert.match(of("staging", lines[0]!), /does not show it verified/);
    assert.match(
      of("staging", lines.join("").slice(0, -1)),
      /does not show it verified/,
      "a torn last line is no record",
    );
  });

  it("knows the objects that ran, and the family of a stack", () => {
    const world = verifiedWorld(["dev"]);
    const ledger = readLedger(world.ledgers.get("dev")!, "dev", "dev.ndjson");
    assert.deepEqual([...verifiedObjects(ledger)], ["b".repeat(64)]);
    assert.equal(stackOfStage("t-prod", "prod", "canary"), "t-canary");
    assert.equal(stackOfStage("prod", "prod", "canary"), "canary");
    assert.equal(stackOfStage("reprod", "prod", "canary"), undefined);
    assert.equal(stackOfStage("small", "dev", "staging"), undefined);
    assert.equal(stageBefore("canary"), "staging");
    assert.equal(stageBefore("lab"), undefined);
    assert.equal(world.release.sha256, releaseIdentity(world.lock));
  });
});
