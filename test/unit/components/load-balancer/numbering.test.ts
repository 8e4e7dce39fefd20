import assert from "node:assert/strict";
import fc from "fast-check";
import { numbersProvider } from "../../../../components/bpf/provider/numbers-provider";
import { backendIdentity, encodeLbMaps, vipIdentity, type LbVip } from "../../../../lib/src/lb-maps";
import type { LbNumbers } from "../../../../lib/src/lb-numbers";
import { RING_SIZE } from "../../../../lib/src/maglev";

const NAMES = ["a", "b", "c", "d", "e", "f"];

function vip(port: number, backends: readonly string[]): LbVip {
  return {
    address: "198.18.0.100",
    port,
    protocol: "tcp",
    mode: "dsr-l2",
    backends: backends.map((name) => ({
      name,
      address: `198.18.0.${20 + NAMES.indexOf(name)}`,
      mac: "02:00:00:00:00:01",
      weight: 1,
    })),
  };
}

/** The state of the resource over its updates, as the engine keeps it: as JSON. */
class Stack {
  private state: Record<string, unknown> | undefined;

  async apply(vips: readonly LbVip[]): Promise<{ files: ReadonlyMap<string, Buffer>; numbers: LbNumbers }> {
    const news = {
      schemaVersion: 1,
      vips: vips.map(vipIdentity),
      backends: vips.flatMap((one) => one.backends.map((backend) => backendIdentity(one, backend))),
    };
    if (!this.state) this.state = (await numbersProvider.create(news)).outs as Record<string, unknown>;
    else if ((await numbersProvider.diff("numbers", this.state, news)).changes)
      this.state = (await numbersProvider.update("numbers", this.state, news)).outs as Record<
        string,
        unknown
      >;
    this.state = JSON.parse(JSON.stringify(this.state)) as Record<string, unknown>;
    const numbers = JSON.parse(String(this.state.numbers)) as LbNumbers;
    const encoded = encodeLbMaps(vips, {}, numbers);
    assert.deepEqual(encoded.numbers, numbers, "encoding assigns nothing of its own");
    return encoded;
  }
}

/** What the data plane would find: at each real id the identity, told by generation and address. */
function reals(files: ReadonlyMap<string, Buffer>): Map<number, string> {
  const bytes = files.get("reals") ?? Buffer.alloc(0);
  return new Map(
    Array.from({ length: bytes.length / 36 }, (_, index) => {
      const record = bytes.subarray(36 * index, 36 * (index + 1));
      return [record.readUInt32LE(), record.toString("hex", 4)];
    }),
  );
}

function rings(files: ReadonlyMap<string, Buffer>): Map<number, Buffer> {
  const bytes = files.get("rings") ?? Buffer.alloc(0);
  const size = 12 + 2 * (RING_SIZE + 1);
  return new Map(
    Array.from({ length: bytes.length / size }, (_, index) => {
      const record = bytes.subarray(size * index, size * (index + 1));
      return [record.readUInt32LE(), record.subarray(12)];
    }),
  );
}

/** Slots that point to another backend than before. */
function moved(before: Buffer, after: Buffer): number {
  let count = 0;
  for (let slot = 0; slot < RING_SIZE; slot++)
    if (before.readUInt16LE(2 * slot) !== after.readUInt16LE(2 * slot)) count += 1;
  return count / RING_SIZE;
}

/** One VIP's backends in any order; an empty list: the VIP is not in the config. */
const backends = fc.shuffledSubarray(NAMES);
/** A config: the backends of up to three VIPs, and the order in which they stand. */
const config = fc.tuple(
  fc.tuple(backends, backends, backends),
  fc.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 }),
);

describe("the numbers of the load balancer", function () {
  this.timeout(120_000);

  it("move no established flow of what stays in the config, over any sequence of edits", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(config, { minLength: 2, maxLength: 5 }), async (edits) => {
        const stack = new Stack();
        let before:
          { vips: readonly LbVip[]; files: ReadonlyMap<string, Buffer>; numbers: LbNumbers } | undefined;
        for (const [lists, order] of edits) {
          const vips = order.flatMap((at) => (lists[at]?.length ? [vip(80 + at, lists[at])] : []));
          const { files, numbers } = await stack.apply(vips);
          if (before) compare(before, { vips, files, numbers });
          before = { vips, files, numbers };
        }
      }),
      { numRuns: process.env.SOAK === undefined ? 6 : 300 },
    );
  });

  interface Applied {
    vips: readonly LbVip[];
    files: ReadonlyMap<string, Buffer>;
    numbers: LbNumbers;
  }

  function compare(before: Applied, after: Applied): void {
    for (const one of after.vips) {
      const old = before.vips.find((other) => vipIdentity(other) === vipIdentity(one));
      if (!old) continue;
      const index = before.numbers.vips.indexOf(vipIdentity(one));
      assert.equal(
        after.numbers.vips.indexOf(vipIdentity(one)),
        index,
        "flows are kept under the VIP's index",
      );
      const stay = one.backends.filter(({ name }) => old.backends.some((other) => other.name === name));
      for (const backend of stay) {
        const id = before.numbers.reals.findIndex((real) => real.backend === backendIdentity(one, backend));
        assert.equal(
          reals(after.files).get(id),
          reals(before.files).get(id),
          "address and generation at its id",
        );
      }
      checkRing(
        old,
        one,
        stay.length,
        moved(rings(before.files).get(index)!, rings(after.files).get(index)!),
      );
    }
  }

  /** New flows: each backend that comes or goes moves its own share, and one per cent more at most. */
  function checkRing(old: LbVip, one: LbVip, stay: number, share: number): void {
    const gone = old.backends.length - stay;
    const come = one.backends.length - stay;
    const allowed = gone / old.backends.length + come / one.backends.length + 0.01 * (gone + come);
    assert.ok(share <= allowed, `${share} of the slots moved, ${gone} left and ${come} came`);
    if (gone + come === 0) assert.equal(share, 0, "the order of a list moves nothing");
  }

  it("are not assigned anew when only the order changes, and wait for what is unknown", async () => {
    const news = { schemaVersion: 1, vips: ["v", "w"], backends: ["v a", "w a"] };
    const outs = (await numbersProvider.create(news)).outs as Record<string, unknown>;
    const other = { schemaVersion: 1, vips: ["w", "v"], backends: ["w a", "v a"] };
    assert.equal((await numbersProvider.diff("numbers", outs, other)).changes, false);
    const more = { ...news, backends: [...news.backends, "v b"] };
    assert.equal((await numbersProvider.diff("numbers", outs, more)).changes, true);
  });

  it("are refused when the inputs are none", async () => {
    const { failures } = await numbersProvider.check({}, { schemaVersion: 1, vips: "v", backends: [] });
    assert.deepEqual(
      failures?.map(({ property }) => property),
      ["vips"],
    );
  });
});
