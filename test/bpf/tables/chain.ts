import assert from "node:assert/strict";
import { frame } from "../support/frames";
import { buildObject } from "../support/objects";
import { BpfRunner, XDP } from "../support/runner";
import { withRunner } from "../support/with-runner";

const FIXTURE = "test/bpf/fixtures/verdict.bpf.c";
const packet = frame({ from: "198.18.0.30", to: "198.18.0.100" });

/** Which slots of the chain are entered, and what a verdict in one of them means. */
export function chainTable(): void {
  /** Object 0 is the root, objects 1 to 3 pass in slots 1, 4 and 7, object 4 drops in slot 4. */
  const chain = withRunner(async () =>
    BpfRunner.start([
      { path: buildObject("xdp_root") },
      ...[1, 4, 7].map((slot) => ({ path: buildObject(FIXTURE), constants: { slot } })),
      { path: buildObject(FIXTURE), constants: { slot: 4, verdict: XDP.DROP } },
    ]),
  );

  async function fill(slots: Readonly<Record<number, number>>): Promise<void> {
    for (let slot = 0; slot < 8; slot++) {
      await chain.runner.slot(slot, 4);
      await chain.runner.slot(slot, slots[slot]);
    }
    for (const object of [1, 2, 3, 4]) {
      const key = Buffer.alloc(4);
      const ofEachCpu = await chain.runner.get("seen", key, object);
      await chain.runner.put("seen", key, Buffer.alloc(8 * ofEachCpu.length), object);
    }
  }

  async function seen(): Promise<number[]> {
    return Promise.all([1, 2, 3, 4].map((object) => chain.runner.count("seen", 0, 0, object)));
  }

  it("passes everything when it is empty", async () => {
    await fill({});
    assert.equal((await chain.runner.run(packet)).verdict, XDP.PASS);
    assert.deepEqual(await seen(), [0, 0, 0, 0]);
  });

  it("walks the occupied slots in order and passes at the end", async () => {
    await fill({ 1: 1, 4: 2, 7: 3 });
    assert.equal((await chain.runner.run(packet)).verdict, XDP.PASS);
    assert.deepEqual(await seen(), [1, 1, 1, 0]);
  });

  it("starts at the first occupied slot", async () => {
    await fill({ 7: 3 });
    assert.equal((await chain.runner.run(packet)).verdict, XDP.PASS);
    assert.deepEqual(await seen(), [0, 0, 1, 0]);
  });

  it("stops at a verdict", async () => {
    await fill({ 1: 1, 4: 4, 7: 3 });
    assert.equal((await chain.runner.run(packet)).verdict, XDP.DROP);
    assert.deepEqual(await seen(), [1, 0, 0, 1]);
  });

  it("runs a new program from the next packet on after its slot is swapped", async () => {
    await fill({ 1: 1, 4: 2 });
    assert.equal((await chain.runner.run(packet)).verdict, XDP.PASS);
    await chain.runner.slot(4, 4);
    assert.equal((await chain.runner.run(packet)).verdict, XDP.DROP);
    await chain.runner.slot(4, undefined);
    assert.equal((await chain.runner.run(packet)).verdict, XDP.PASS);
    assert.deepEqual(await seen(), [3, 1, 0, 1]);
  });
}
