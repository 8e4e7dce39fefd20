/** What one product exports. */
export interface MetricList {
  readonly product: string;
  /** Where the product makes or documents them. */
  readonly source: string;
  /** By name as a query writes it; a histogram stands there with its three names. */
  readonly metrics: ReadonlyMap<string, Metric>;
}

export interface Metric {
  readonly type: MetricType;
  /** Labels of its own; those of every target come on top. */
  readonly labels: readonly string[];
}

const TYPES = ["counter", "gauge", "histogram"] as const;
type MetricType = (typeof TYPES)[number];

/**
 * Reads a file of `metrics/`: the comment lines `# product:` and `# source:`, then one metric a line as
 * `name type label…`. Throws a sentence with the line that is wrong.
 */
export function readMetricList(file: string, text: string): MetricList {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const header = (key: string): string => {
    const found = lines.find((line) => line.startsWith(`# ${key}: `));
    if (found === undefined) throw new Error(`${file} has no line "# ${key}: …"; add it.`);
    return found.slice(key.length + 4).trim();
  };
  const metrics = new Map<string, Metric>();
  for (const line of lines.filter((each) => !each.startsWith("#"))) {
    const [name = "", type = "", ...labels] = line.trim().split(/\s+/);
    add(metrics, file, name, type, labels);
  }
  return { product: header("product"), source: header("source"), metrics };
}

/** Reads the table of docs/metrics.md: metric, type and labels of what the nodes' programs count. */
export function readMetricsPage(file: string, text: string): MetricList {
  const metrics = new Map<string, Metric>();
  for (const line of text.split("\n").filter((each) => each.startsWith("| `"))) {
    const [name = "", type = "", labels = ""] = line
      .split("|")
      .slice(1)
      .map((cell) => cell.trim());
    add(
      metrics,
      file,
      name.replaceAll("`", ""),
      type,
      [...labels.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label),
    );
  }
  return { product: "ebpf-loader", source: file, metrics };
}

function add(
  metrics: Map<string, Metric>,
  file: string,
  name: string,
  type: string,
  labels: readonly string[],
): void {
  const known = TYPES.find((each) => each === type);
  if (known === undefined || !/^[A-Za-z_][\w]*$/.test(name))
    throw new Error(`${file} lists "${name} ${type}", which is no name with one of ${TYPES.join(", ")}.`);
  if (metrics.has(name)) throw new Error(`${file} lists ${name} twice; remove one.`);
  if (known !== "histogram") {
    metrics.set(name, { type: known, labels });
    return;
  }
  const own = labels.filter((label) => label !== "le");
  metrics.set(`${name}_bucket`, { type: known, labels: [...own, "le"] });
  for (const part of ["sum", "count"]) metrics.set(`${name}_${part}`, { type: known, labels: own });
}
