import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { seed, soak } from "../support/seed";
import { processesWith, tracesOf } from "./support/host-traces";
import { driver, FIRST_BOOT_MS, needNspawn, STACK, startDriver, testSpec } from "./support/machines";

/** How long a start takes here; the kills fall into it. */
const START_MS = 1500;

describe("nspawn machine whose start is killed", () => {
  before(async function () {
    needNspawn(this);
    this.timeout(FIRST_BOOT_MS);
    const spec = testSpec("c", "base", 20);
    await driver("up", spec);
    await driver("down", spec);
  });

  for (let nth = 0; nth < (soak ? 40 : 5); nth++) {
    it(`converges with the next up, and a killed delete with the next delete (seed ${seed}, kill ${nth})`, async function () {
      this.timeout(60_000);
      const random = draws(seed * 1000 + nth);
      const spec = testSpec("c", `kill${nth}`, 21 + (nth % 200));
      await killed("up", spec, random() * START_MS);
      await driver("up", spec);
      assert.equal(containersAt(spec.address).length, 1);
      const { supervisor } = JSON.parse(
        readFileSync(`/run/ebpf-platform/nspawn/${STACK}/${spec.name}.json`, "utf8"),
      ) as { supervisor: number };
      assert.match(
        readFileSync(`/proc/${supervisor}/cmdline`, "utf8"),
        new RegExp(`ebpf-nspawn-${STACK}-${spec.name}\\0`),
      );
      await killed("down", spec, random() * 300);
      await driver("down", spec);
      assert.deepEqual(
        tracesOf(spec).filter((trace) => trace.includes(spec.name)),
        [],
      );
    });
  }

  it("starts once when two engines start it at the same moment", async function () {
    this.timeout(60_000);
    const spec = testSpec("c", "twice", 19);
    const [first, second] = await Promise.all([driver("up", spec), driver("up", spec)]);
    assert.equal(first.stdout, second.stdout);
    assert.equal(containersAt(spec.address).length, 1);
    await driver("down", spec);
  });
});

async function killed(
  verb: "up" | "down",
  spec: ReturnType<typeof testSpec>,
  afterMs: number,
): Promise<void> {
  const run = startDriver(verb, spec);
  const timer = setTimeout(run.stop, afterMs);
  await run.done;
  clearTimeout(timer);
}

/** The systemd-nspawn processes of a machine; its supervisor and `env` have their arguments too, but other names. */
function containersAt(address: string): string[] {
  return processesWith(`--machine=ebpf-${hexOf(address)} `).filter((line) =>
    /^\d+: systemd-nspawn /.test(line),
  );
}

function hexOf(address: string): string {
  return address
    .split(".")
    .map((octet) => Number(octet).toString(16).padStart(2, "0"))
    .join("");
}

/** A small generator (mulberry32): the same seed gives the same kill points. */
function draws(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
