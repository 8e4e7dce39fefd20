import assert from "node:assert/strict";
import { dashboardsOf, grafanaDashboard } from "../../../../lib/src/observability";
import { prod } from "./support";

interface Placed {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}
const panelsOf = (dashboard: object) => (dashboard as { panels: readonly Placed[] }).panels;

describe("dashboards", () => {
  const all = dashboardsOf(prod);

  it("are those of cluster, Hubble, BPF programs, security events and rollout", () => {
    assert.deepEqual(
      all.map(({ uid }) => uid),
      ["platform-cluster", "platform-hubble", "platform-bpf", "platform-security", "platform-rollout"],
    );
  });

  it("leave out rows about what the stack does not run, and themselves when none is left", () => {
    const { cilium: _, ...rest } = prod;
    const { metrics: __, ...bpf } = prod.bpf;
    const small = dashboardsOf({
      ...rest,
      bpf,
      platform: { ...prod.platform, falco: "off", tetragon: "off" },
    });
    assert.deepEqual(
      small.map(({ uid, rows }) => [uid, rows.length]),
      [
        ["platform-cluster", 4],
        ["platform-security", 1],
        ["platform-rollout", 2],
      ],
    );
  });

  it("fill Grafana's grid without overlaps, each panel with an id and a query of its own", () => {
    for (const dashboard of all) {
      const panels = panelsOf(grafanaDashboard(dashboard));
      assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, dashboard.uid);
      const cells = new Set<string>();
      for (const { type, title, gridPos, targets } of panels) {
        assert.ok(gridPos.w >= 6 && gridPos.x + gridPos.w <= 24, title);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            assert.ok(!cells.has(`${String(x)} ${String(y)}`), `${dashboard.uid}: ${title}`);
            cells.add(`${String(x)} ${String(y)}`);
          }
        if (type === "row") continue;
        assert.ok(targets !== undefined && targets.length > 0, title);
        assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
      }
    }
  });

  it("fit into a ConfigMap", () => {
    // etcd's limit of a request is 1.5 MiB, that of a ConfigMap's data 1 MiB.
    for (const dashboard of all)
      assert.ok(JSON.stringify(grafanaDashboard(dashboard)).length < 1 << 20, dashboard.uid);
  });
});
