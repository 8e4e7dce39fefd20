import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { encodeGuardMaps, type GuardRules } from "../../../lib/src/guard-maps";
import { requireBpf } from "../support/objects";
import { buildFaultyLoader, PrivateNode, type TestProgram } from "./private-node";

describe("xdp_guard on an interface", function () {
  let node: PrivateNode;

  before(async function () {
    requireBpf(this);
    this.timeout(120_000);
    node = await PrivateNode.start(buildFaultyLoader());
  });
  after(() => node.stop());

  const program = (name: string, source: string, slot: number): TestProgram => ({
    name,
    source,
    programs: [{ function: source, attach: { hook: "xdp", interface: "host0", slot, mode: "native" } }],
  });

  /** Writes rules as BpfMap does. */
  function rules(wanted: GuardRules, enforce: boolean): void {
    const words = [...encodeGuardMaps(wanted, enforce)].flatMap(([map, bytes]) => {
      writeFileSync(`${node.root}/run/${map}.bin`, bytes);
      return [map, `/run/${map}.bin`];
    });
    node.must("map", "put", "guard", ...words);
  }

  /** Whether the node answers the interface's other end: nobody listens, so an answer is a reset. */
  function answers(): boolean {
    const [command, args] = node.words(["timeout", "1", "bash", "-c", "</dev/tcp/198.18.77.1/9"], "peer");
    const { status } = spawnSync(command, args, { timeout: 20_000 });
    // timeout(1) ends with 124 when it had to stop the command.
    assert.ok(status === 1 || status === 124, `bash ended with ${String(status)}`);
    return status === 1;
  }

  const id = (name: string): number | undefined => node.facts(name).targets[0]?.program?.id;

  it("counts, drops and lets go again by map values alone, in its place of the chain", () => {
    node.must("apply", node.put(program("guard", "xdp_guard", 0)));
    node.must("apply", node.put(program("tracker", "xdp_conntrack", 1)));
    const loaded = id("guard");
    assert.equal(answers(), true, "without rules");

    rules({ deny: ["198.18.77.2/32"], sample: 1 }, false);
    assert.equal(answers(), true, "counting");
    rules({ deny: ["198.18.77.2/32"], sample: 1 }, true);
    /** Packets of TCP and UDP that the tracker saw; address resolution passes every guard. */
    const tracked = (): number => {
      const { entries } = node.must("map", "dump", "tracker", "counters") as unknown as {
        entries: { value: string }[];
      };
      return [...entries[0]!.value.matchAll(/.{16}/g)].reduce(
        (sum, [word]) => sum + Buffer.from(word, "hex").readUInt32LE(),
        0,
      );
    };
    const before = tracked();
    assert.equal(answers(), false, "dropping");
    assert.equal(tracked(), before, "the slot behind it sees nothing of it");

    rules({ deny: ["198.18.77.3/32"], sample: 1 }, true);
    assert.equal(answers(), true, "another network");
    assert.equal(id("guard"), loaded, "nothing was loaded for any of this");
    assert.deepEqual(node.facts("guard").problems, []);
  });

  it("is swapped alone, and its rules go on", () => {
    rules({ deny: ["198.18.77.2/32"], sample: 1 }, true);
    const tracker = id("tracker");
    const before = id("guard");
    // Another version of the same program: a constant nobody reads would be the same, so its build differs.
    node.must(
      "apply",
      node.put({ ...program("guard", "xdp_guard", 0), flags: ["-DGUARD_BURST_NS=2000000000ULL"] }),
    );
    assert.notEqual(id("guard"), before);
    assert.equal(id("tracker"), tracker);
    assert.equal(answers(), false);
    node.must("remove", "guard", "--maps");
    assert.equal(answers(), true);
    assert.equal(id("tracker"), tracker);
  });
});
