import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as types from "../../../lib/src/config/types";

const root = join(__dirname, "..", "..", "..");
const docs = readFileSync(join(root, "docs", "config.md"), "utf8");
const source = ["types.ts", "types-platform.ts", "types-cluster.ts", "types-vm.ts"]
  .map((file) => readFileSync(join(root, "lib", "src", "config", file), "utf8"))
  .join("\n");

/** Names that are no keys of a stack file. */
const derived = new Set(["stack", "version", "sha256", "programs", "vips"]);

describe("docs/config.md", () => {
  it("explains every key", () => {
    const keys = [...source.matchAll(/^ {2,6}readonly (\w+)\??:/gm)].map(([, key = ""]) => key);
    const missing = [...new Set(keys)].filter(
      (key) => !derived.has(key) && !new RegExp(`[\`.]${key}\\b`).test(docs),
    );
    assert.deepEqual(missing, []);
  });

  it("names every word that a key may take", () => {
    const lists = [types.STAGES, types.ROLES, types.DRIVERS, types.SERVICES, types.PROFILES];
    const words = [
      ...lists,
      types.MAP_POLICIES,
      types.XDP_MODES,
      types.VIP_MODES,
      types.CLUSTER_KINDS,
      types.LSM_KINDS,
      types.CHART_PROFILES,
      types.LB_MODES,
      types.LB_ACCELERATIONS,
      types.LB_ANNOUNCEMENTS,
      types.TETRAGON_HOOKS,
      types.IMAGE_NAMES,
      types.ACCELERATIONS,
      types.VM_NETWORKS,
      types.REACHES,
    ].flat();
    assert.deepEqual(
      words.filter((word) => !new RegExp(`[\` ]${word}\``).test(docs)),
      [],
    );
  });
});
