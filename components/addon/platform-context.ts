import type { ChartValues } from "@ebpf-platform/lib/charts";
import type { ChartName, PlatformConfig } from "@ebpf-platform/lib/config";
import type * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster/cluster";
import type { ReleaseVersions } from "./chart-source";

/** What every product of the platform is given. */
export interface PlatformContext {
  readonly config: PlatformConfig;
  readonly cluster: Cluster;
  readonly versions: ReleaseVersions;
  /** Values of a chart, ours and the user's on top, checked against the chart's keys. */
  readonly values: (chart: ChartName) => ChartValues;
  /** What comes before every product: the gate behind the CNI where it is ours, and the kinds of monitors. */
  readonly before: readonly pulumi.Resource[];
}
