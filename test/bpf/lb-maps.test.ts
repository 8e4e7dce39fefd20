import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { encodeLbMaps } from "../../lib/src/lb-maps";
import { MAX_REALS, MAX_VIPS } from "../../lib/src/lb-numbers";
import { RING_SIZE } from "../../lib/src/maglev";
import { REASONS } from "./support/lb-model-parse";
import { SETTINGS, startLb, VIPS } from "./support/lb-world";
import { withRunner } from "./support/with-runner";

const header = readFileSync(join(projectRoot(), "bpf", "include", "lb_maps.h"), "utf8");

function constant(name: string): number {
  const match = new RegExp(`#define ${name}\\s+(\\w+)`).exec(header);
  assert.ok(match, `lb_maps.h has no ${name}`);
  return Number(match[1]);
}

/** The names of an enum's members, in order. */
function members(name: string): string[] {
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(header)?.[1] ?? "";
  return [...body.matchAll(/^\s*(LB_\w+)/gm)].map((match) => match[1]!);
}

describe("the contract of lb_maps.h", () => {
  it("has the sizes that lib/src computes with", () => {
    assert.equal(constant("LB_RING_SIZE"), RING_SIZE);
    assert.equal(constant("LB_MAX_VIPS"), MAX_VIPS);
    assert.equal(constant("LB_MAX_REALS"), MAX_REALS);
  });

  it("has the reasons the tests know, in their order", () => {
    const names = members("lb_reason").slice(0, REASONS.length);
    const expected = REASONS.map((reason) => reason.replaceAll("-", "_").toUpperCase());
    assert.deepEqual(
      names.slice(1).map((name) => name.replace(/^LB_(PASS|DROP)_/, "")),
      expected.slice(1),
    );
    assert.equal(members("lb_reason")[REASONS.length], "LB_REASONS");
  });

  describe("and the compiled object", () => {
    const lb = withRunner(async () => (await startLb([])).runner);

    it("agree on every map of the table at the head of lb_maps.h", async () => {
      const { maps } = await lb.runner.info();
      const rows = [...header.matchAll(/^ \* {3}(\w+) +([A-Z_]+) +(\d+) /gm)];
      assert.ok(rows.length >= 16, `${rows.length} rows`);
      for (const [, name, type, entries] of rows) {
        const map = maps[name!];
        assert.ok(map, `the object has no map ${name!}`);
        assert.equal(map.type, type!.toLowerCase(), name);
        // The flow tables are smaller in this test.
        if (!name!.startsWith("flows")) assert.equal(map.entries, Number(entries), name);
      }
    });

    it("agree with the encoder on the size of every record", async () => {
      const { maps } = await lb.runner.info();
      for (const [name, bytes] of encodeLbMaps(VIPS, SETTINGS).files) {
        const map = maps[name]!;
        const record = name === "rings" ? 4 + 4 + 4 + 2 * (RING_SIZE + 1) : map.key + map.value;
        assert.equal(bytes.length % record, 0, `${name}: ${bytes.length} bytes in records of ${record}`);
      }
    });
  });
});
