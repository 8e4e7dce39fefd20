import type { Dashboard, Panel } from "./dashboard";

/** Uid of the source that kube-prometheus-stack gives its Grafana. */
const SOURCE = { type: "prometheus", uid: "prometheus" };
/** Grafana's grid is 24 columns wide. */
const COLUMNS = 24;
const HEIGHT = 8;

/** A dashboard as Grafana reads it from a file (schema 39, Grafana 11 and newer migrate it by themselves). */
export function grafanaDashboard({ uid, title, rows }: Dashboard): object {
  let id = 0;
  let y = 0;
  const panels = rows.flatMap((row) => {
    const width = Math.floor(COLUMNS / row.panels.length);
    const heading = {
      id: ++id,
      type: "row",
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    };
    const drawn = row.panels.map((each, index) =>
      grafanaPanel(each, ++id, { x: index * width, y: y + 1, w: width, h: HEIGHT }),
    );
    y += HEIGHT + 1;
    return [heading, ...drawn];
  });
  return {
    uid,
    title,
    tags: ["ebpf-platform"],
    schemaVersion: 39,
    version: 1,
    // Files are the only way in: what is changed by hand would be lost.
    editable: false,
    time: { from: "now-1h", to: "now" },
    refresh: "30s",
    timezone: "utc",
    templating: { list: [] },
    annotations: { list: [] },
    panels,
  };
}

function grafanaPanel({ title, kind, unit, queries, help }: Panel, id: number, gridPos: object): object {
  // Only a line needs the past; the others show the last value.
  const instant = kind !== "timeseries";
  return {
    id,
    type: kind,
    title,
    ...(help !== undefined && { description: help }),
    gridPos,
    datasource: SOURCE,
    fieldConfig: { defaults: { unit }, overrides: [] },
    ...(kind === "table" && {
      transformations: [{ id: "organize", options: { excludeByName: { Time: true } } }],
    }),
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource: SOURCE,
      expr,
      legendFormat: legend,
      instant,
      range: !instant,
      ...(kind === "table" && { format: "table" }),
    })),
  };
}
