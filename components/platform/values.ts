import { checkValues, mergeValues, writePath, type ChartValues } from "@ebpf-platform/lib/charts";
import type { ChartName, PlatformConfig } from "@ebpf-platform/lib/config";
import { neededCharts } from "@ebpf-platform/lib/release";
import { loadChartKeys } from "../charts";
import { ciliumValues } from "../network/cilium/values";

/** Our values of each chart, by the stack's config alone. */
const ours: Readonly<Partial<Record<ChartName, (config: PlatformConfig) => ChartValues>>> = {
  cilium: ciliumValues,
};

/** Charts that this version can install. */
export const builtCharts = Object.keys(ours) as ChartName[];

/** Values of a chart as they go into its release: ours, then those of `charts.values`. */
export function chartValues(chart: ChartName, config: PlatformConfig): ChartValues {
  const make = ours[chart];
  if (!make) throw new Error(`No component of this version installs chart ${chart}.`);
  return mergeValues(make(config), config.charts.values[chart] ?? {});
}

/** Every key of the stack's values that its chart does not know, one sentence each. */
export function unknownValues(config: PlatformConfig): string[] {
  return neededCharts(config).flatMap((chart) =>
    checkValues(loadChartKeys(chart), chartValues(chart, config)).map(
      ({ path, fix }) => `charts.values.${chart}.${writePath(path)}: ${fix}`,
    ),
  );
}
