/** Values of a chart, as a `values.yaml` has them. */
export type ChartValues = Readonly<Record<string, unknown>>;

export function isValues(value: unknown): value is ChartValues {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Layers of values, later ones on top: tables merge key by key, everything else replaces, as Helm does it. */
export function mergeValues(...layers: readonly ChartValues[]): ChartValues {
  const merged: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer)) {
      const below = merged[key];
      merged[key] = isValues(value) && isValues(below) ? mergeValues(below, value) : value;
    }
  }
  return merged;
}
