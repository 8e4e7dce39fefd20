import type { Product } from "./product";

/** Units as Grafana names them. */
export type Unit =
  "bytes" | "Bps" | "cps" | "percentunit" | "pps" | "reqps" | "s" | "short" | "dateTimeFromNow";

export interface Panel {
  readonly title: string;
  readonly kind: "timeseries" | "stat" | "bargauge" | "table";
  readonly unit: Unit;
  /** At least one. */
  readonly queries: readonly PanelQuery[];
  /** One sentence: what it means when this moves. */
  readonly help?: string;
}

export interface PanelQuery {
  readonly expr: string;
  /** Name of a series; `{{label}}` stands for a label that the query keeps. */
  readonly legend: string;
}

export interface DashboardRow {
  readonly title: string;
  /** Left out where this product is off. */
  readonly product: Product;
  /** One to four, side by side. */
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Its address in Grafana, and the name of its ConfigMap. */
  readonly uid: string;
  readonly title: string;
  /** At least one. */
  readonly rows: readonly DashboardRow[];
}

/** Shorthand of the definitions: a panel with one query. */
export function panel(
  title: string,
  unit: Unit,
  expr: string,
  legend: string,
  more: { readonly kind?: Panel["kind"]; readonly help?: string } = {},
): Panel {
  const { kind = "timeseries", help } = more;
  return { title, kind, unit, queries: [{ expr, legend }], ...(help !== undefined && { help }) };
}
