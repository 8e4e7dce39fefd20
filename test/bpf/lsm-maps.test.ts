import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { LSM_RECORD } from "../../lib/src/lsm-events";
import { encodeLsmMaps } from "../../lib/src/lsm-maps";
import type { LsmConfig } from "../../lib/src/config";
import { requireBpf } from "./support/objects";

/** What the C compiler makes of bpf/include/lsm_maps.h, against what lib writes and reads. */
describe("the shapes of the LSM maps", () => {
  let sizes: Record<string, number>;
  before(function () {
    requireBpf(this);
    const folder = mkdtempSync(join(tmpdir(), "ebpf-platform-shapes-"));
    const fixture = join(projectRoot(), "test", "bpf", "fixtures", "lsm_shapes.c");
    try {
      const program = join(folder, "shapes");
      execFileSync("cc", [
        "-Wall",
        "-Werror",
        "-I",
        join(projectRoot(), "bpf", "include"),
        fixture,
        "-o",
        program,
      ]);
      sizes = JSON.parse(execFileSync(program, { encoding: "utf8" })) as Record<string, number>;
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const shared = { node: "web", scope: [], exempt: [] };
  /** One rule in each map, and the shapes that its record is made of; arrays begin with their index. */
  const cases: readonly [map: string, policy: LsmConfig, shapes: readonly string[], index: number][] = [
    [
      "paths",
      { ...shared, name: "a", kind: "exec", list: "deny", files: ["/a"], digests: [] },
      ["path", "rule"],
      0,
    ],
    [
      "digests",
      { ...shared, name: "a", kind: "exec", list: "deny", files: [], digests: ["ab".repeat(32)] },
      ["digest", "rule"],
      0,
    ],
    [
      "connect4",
      {
        ...shared,
        name: "a",
        kind: "connect",
        list: "deny",
        rules: [{ to: "198.18.0.0/15", action: "deny" }],
      },
      ["connect4", "rule"],
      0,
    ],
    [
      "connect6",
      {
        ...shared,
        name: "a",
        kind: "connect",
        list: "deny",
        rules: [{ to: "2001:db8::/32", action: "deny" }],
      },
      ["connect6", "rule"],
      0,
    ],
    ["types", { ...shared, name: "a", kind: "mount", types: ["tmpfs"], folders: [] }, ["type", "rule"], 0],
    ["settings", { ...shared, name: "a", kind: "mount", types: ["tmpfs"], folders: [] }, ["settings"], 4],
  ];
  for (const [map, policy, shapes, index] of cases) {
    it(`${map}: a record has the size of key and value`, () => {
      const bytes = encodeLsmMaps(policy, "audit").get(map);
      assert.equal(bytes?.length, index + shapes.reduce((sum, shape) => sum + sizes[shape]!, 0));
    });
  }

  it("cgroups: records have the size of key and value", () => {
    const bytes = encodeLsmMaps(cases[0]![1], "audit").get("cgroups");
    assert.equal((bytes?.length ?? 1) % (sizes.step! + sizes.node!), 0);
  });

  it("events: a record is read where it is written", () => {
    assert.deepEqual([sizes.record, sizes.text, sizes.address, sizes.number], [LSM_RECORD, 48, 176, 196]);
  });
});
