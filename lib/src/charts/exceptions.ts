import type { KeyTable } from "./key-tree";

/** What a chart's own data says wrongly of one of its tables. */
export interface Exception {
  readonly chart: string;
  /** Keys down to the table, as `writePath` writes them. */
  readonly path: string;
  /** The keys the table takes; `*` for any. */
  readonly keys: KeyTable;
  /** The line that says so: a template that passes the table on as a whole, or one that reads single keys of it. */
  readonly cites: string;
}

/** Everything here was read in the named file at the chart's locked version; a new version is read again. */
export const exceptions: readonly Exception[] = [
  {
    chart: "cilium",
    path: "maglev",
    keys: { tableSize: "scalar", hashSeed: "scalar" },
    cites: "values.yaml, lines 2472 to 2477: the default is {}, and these two keys are the ones described",
  },
  {
    chart: "gatekeeper",
    path: "preUninstall.deleteWebhookConfigurations",
    keys: { name: "scalar" },
    cites:
      "templates/webhook-configs-pre-delete.yaml, line 136: the binding's subject has this name, which has no default",
  },
  {
    chart: "loki",
    path: "loki.limits_config",
    keys: { "*": "any" },
    cites: "values.yaml, line 385, in the template loki.config: the table is passed to Loki as it is",
  },
];
