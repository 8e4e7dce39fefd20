import type { PlatformConfig } from "@ebpf-platform/lib/config";
import { neededCharts, type ReleaseLock } from "@ebpf-platform/lib/release";
import * as pulumi from "@pulumi/pulumi";
import { releaseVersions } from "../addon/chart-source";
import type { PlatformContext } from "../addon/platform-context";
import type { Cluster } from "../cluster/cluster";
import { Cilium } from "../network/cilium/cilium";
import { chartValues, unknownValues } from "./values";

export interface PlatformArgs {
  readonly config: PlatformConfig;
  readonly cluster: Cluster;
  /** Undefined for `release: workspace`. */
  readonly lock: ReleaseLock | undefined;
}

/** Everything that runs on the cluster: the CNI first, and behind its gate the rest. */
export class Platform extends pulumi.ComponentResource {
  /** Version of each chart that the stack runs. */
  readonly charts: Readonly<Record<string, string>>;

  constructor(name: string, { config, cluster, lock }: PlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:platform:Platform", name, {}, opts);
    const unknown = unknownValues(config);
    if (unknown.length > 0) {
      throw new pulumi.RunError(
        `Values that their charts do not know:\n${unknown.map((line) => `  - ${line}`).join("\n")}`,
      );
    }
    const versions = releaseVersions(lock);
    const context: PlatformContext = {
      config,
      cluster,
      versions,
      values: (chart) => chartValues(chart, config),
      podNetwork: [],
    };
    const parent = { parent: this };
    const cilium = config.cilium && new Cilium("cilium", context, parent);
    const behind: PlatformContext = { ...context, podNetwork: cilium ? [cilium.ready] : [] };
    void behind;

    this.charts = Object.fromEntries(
      neededCharts(config).map((chart) => [chart, versions.charts[chart]?.version ?? ""]),
    );
    this.registerOutputs({ charts: this.charts });
  }
}
