import assert from "node:assert/strict";
import { errorAndFragmentRows } from "../packets/errors-and-fragments";
import { modeRows } from "../packets/modes";
import { parsingRows } from "../packets/parsing";
import type { Row } from "../packets/row";
import { LbModel } from "../support/lb-model";
import { REASONS, type Reason } from "../support/lb-model-parse";
import { SETTINGS, startLb, VIPS } from "../support/lb-world";
import { XDP, type BpfRunner } from "../support/runner";
import { withRunner } from "../support/with-runner";

const tables = {
  parsing: parsingRows,
  modes: modeRows,
  "errors and fragments": errorAndFragmentRows,
} as const;

function expected({ expect, packet }: Row): { verdict: number; packet: string; reason: Reason | undefined } {
  if ("tx" in expect) return { verdict: XDP.TX, packet: expect.tx.toString("hex"), reason: undefined };
  const passes = "pass" in expect;
  return {
    verdict: passes ? XDP.PASS : XDP.DROP,
    packet: packet.toString("hex"),
    reason: passes ? expect.pass : expect.drop,
  };
}

/** The packet tables of xdp_lb, each packet against the expected verdict and bytes and against the model. */
export function lbPacketTables(): void {
  const lb = withRunner(async () => (await startLb()).runner);

  async function countedReason(runner: BpfRunner): Promise<Reason | undefined> {
    const counted = (await runner.dump("reasons")).find(([, values]) => values.some((byte) => byte !== 0));
    return counted && REASONS[counted[0].readUInt32LE(0)];
  }

  it("hold at least 150 packets, each with a name of its own", () => {
    const names = Object.values(tables).flatMap((rows) => rows.map(({ name }) => name));
    assert.equal(new Set(names).size, names.length, "a name is used twice");
    assert.ok(names.length >= 150, `only ${names.length} packets`);
  });

  for (const [title, rows] of Object.entries(tables)) {
    describe(title, () => {
      for (const row of rows) {
        it(row.name, async () => {
          const { runner } = lb;
          await runner.clear("flows4", "flows6", "cache4", "cache6", "nat4", "nat6");
          const model = new LbModel(VIPS, SETTINGS);
          for (const packet of row.before ?? []) {
            await runner.run(packet);
            model.run(packet);
          }
          await runner.clear("reasons");

          const { verdict, packet } = await runner.run(row.packet);
          const reason = await countedReason(runner);
          assert.deepEqual({ verdict, packet: packet.toString("hex"), reason }, expected(row));
          const outcome = model.run(row.packet);
          assert.deepEqual(
            { verdict: outcome.verdict, packet: outcome.packet.toString("hex"), reason: outcome.reason },
            expected(row),
            "the model disagrees with the table",
          );
        });
      }
    });
  }
}
