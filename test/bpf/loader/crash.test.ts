import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { seed, soak } from "../../support/seed";
import { requireBpf } from "../support/objects";
import { buildFaultyLoader, PrivateNode } from "./private-node";

/** Every fault point of an apply, in the order it meets them. */
const POINTS = [
  "root-chain-pinned",
  "staged",
  "pinned",
  "root-link-created",
  "before-swap",
  "after-swap",
  "previous-recorded",
  "recorded",
];

describe("ebpf-loader that is killed", function () {
  let node: PrivateNode;

  before(function () {
    requireBpf(this);
    buildFaultyLoader();
  });
  beforeEach(async () => {
    node = await PrivateNode.start(buildFaultyLoader());
  });
  afterEach(() => node.stop());

  /** Ids of the programs in the slots of host0 that hold one. */
  const inSlots = (): number[] => (node.facts("alpha").targets[0]?.slots ?? []).filter((id) => id !== 0);

  const converges = (program: Parameters<PrivateNode["apply"]>[0]): void => {
    const answer = node.apply(program);
    assert.equal(answer.error, undefined, JSON.stringify(answer.error));
    const facts = node.facts("alpha");
    assert.deepEqual(facts.problems, []);
    assert.ok(!facts.pins.some((pin) => pin.startsWith("staging")), facts.pins.join(" "));
    node.must("remove", "alpha", "--maps");
    assert.deepEqual(
      node.leftovers().filter((path) => !/^\/run\/ebpf-platform(\/bpf(\.lock)?)?$/.test(path)),
      ["/var/lib/ebpf-platform"],
    );
  };

  for (const point of POINTS) {
    it(`at ${point} of a first apply, converges at the next one`, () => {
      const { signal } = node.verb(["apply", node.put({})], { EBPF_LOADER_FAULT: point });
      assert.equal(signal, "SIGKILL");
      converges({});
    });

    it(`at ${point} of a swap, exactly one of old and new is attached`, () => {
      const old = node.must("apply", node.put({}));
      const before = inSlots();
      assert.equal(before.length, 1, JSON.stringify(old));
      const { signal } = node.verb(["apply", node.put({ flags: ["-DVARIANT=1"] })], {
        EBPF_LOADER_FAULT: point,
      });
      if (point.startsWith("root-")) assert.equal(signal, null, "the root is there already");
      else assert.equal(signal, "SIGKILL");
      assert.equal(inSlots().length, 1);
      converges({ flags: ["-DVARIANT=1"] });
    });
  }

  it("twice after the swap, knows both programs as its own", () => {
    node.must("apply", node.put({}));
    for (let time = 0; time < 2; time++) {
      node.verb(["apply", node.put({ flags: ["-DVARIANT=1"] })], { EBPF_LOADER_FAULT: "after-swap" });
      node.verb(["apply", node.put({ flags: ["-DVARIANT=1"] })], { EBPF_LOADER_FAULT: "pinned" });
    }
    converges({ flags: ["-DVARIANT=1"] });
  });

  for (const point of ["released", "slot-cleared"]) {
    it(`at ${point} of a removal, the next one finishes`, () => {
      node.must("apply", node.put({}));
      node.verb(["remove", "alpha", "--maps"], { EBPF_LOADER_FAULT: point });
      node.must("remove", "alpha", "--maps");
      assert.ok(!node.leftovers().some((path) => path.startsWith("/sys/fs/bpf/")));
      assert.equal(node.attachedId(), 0);
    });
  }

  it(`at any instant: one program attached, and the next apply converges (seed ${String(seed)})`, async function () {
    this.timeout(soak ? 600_000 : 120_000);
    // A small generator of its own (mulberry32): the seed decides every instant.
    let state = seed;
    const random = (): number => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
    node.must("apply", node.put({}));
    for (let round = 1; round <= (soak ? 200 : 25); round++) {
      const folder = node.put({ flags: [`-DVARIANT=${String(round % 4)}`] });
      const [program, args] = node.words(["/run/ebpf-loader", "apply", folder]);
      const child = spawn(program, args, { stdio: "ignore" });
      const timer = setTimeout(() => child.kill("SIGKILL"), random() * 60);
      await once(child, "exit");
      clearTimeout(timer);
      // nsenter executes the loader in its own process, so the signal ended the loader itself.
      assert.equal(inSlots().length, 1, `round ${String(round)}`);
    }
    converges({ flags: ["-DVARIANT=9"] });
  });
});
