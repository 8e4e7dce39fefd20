import { createHash } from "node:crypto";
import type { ChartName } from "@ebpf-platform/lib/config";
import type { ReadinessCheck } from "@ebpf-platform/lib/readiness";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Readiness } from "../cluster/readiness";
import { chartSource } from "./chart-source";
import type { PlatformContext } from "./platform-context";

export interface HelmAddonArgs {
  readonly platform: PlatformContext;
  readonly chart: ChartName;
  /** Name of the release: explicit, because objects are named after it and a random one would be made twice. Default: the chart's. */
  readonly release?: string;
  /** An existing namespace, mostly a `PlatformNamespace`. */
  readonly namespace: string;
  /**
   * What must be there first, beside `platform.before`: its namespace. An argument and no option, because children of a
   * component do not inherit its `dependsOn`.
   */
  readonly after?: readonly pulumi.Resource[];
  /** Seconds for the whole release, hooks included. Default 600. */
  readonly timeoutSeconds?: number;
  /** Whether Helm waits for its workloads, and undoes a release that fails. False where it cannot end by itself. Default true. */
  readonly wait?: boolean;
  /** What Helm's wait does not see. Default nothing. */
  readonly ready?: readonly ReadinessCheck[];
}

/** One chart of the release lock as a Helm release, and a gate behind it where Helm's own wait proves too little. */
export class HelmAddon extends pulumi.ComponentResource {
  readonly release: kubernetes.helm.v3.Release;
  /** The last of it: what needs the product depends on this. */
  readonly ready: pulumi.Resource;
  readonly version: string;
  /** Changes whenever the release does. */
  readonly revision: string;

  constructor(name: string, args: HelmAddonArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:addon:HelmAddon", name, {}, opts);
    const { platform, chart, namespace, wait = true, timeoutSeconds = 600 } = args;
    const source = chartSource(chart, platform.versions, platform.config.charts);
    const values = platform.values(chart);
    this.version = source.version;
    this.revision = createHash("sha256")
      .update(JSON.stringify([source.version, values]))
      .digest("hex")
      .slice(0, 12);
    const own = { parent: this, provider: platform.cluster.provider };

    this.release = new kubernetes.helm.v3.Release(
      name,
      {
        ...source,
        name: args.release ?? chart,
        namespace,
        values,
        // A null takes a default away; without this the provider drops it.
        allowNullValues: true,
        timeout: timeoutSeconds,
        skipAwait: !wait,
        atomic: wait,
        cleanupOnFail: wait,
        // Each revision is a Secret of up to 1 MiB; three are enough to go back.
        maxHistory: 3,
      },
      { ...own, dependsOn: [...platform.before, ...(args.after ?? [])] },
    );
    this.ready =
      args.ready === undefined
        ? this.release
        : new Readiness(
            `${name}-ready`,
            {
              kubeconfig: platform.cluster.kubeconfig,
              checks: args.ready,
              timeoutSeconds,
              after: this.revision,
            },
            { parent: this, dependsOn: this.release },
          );
    this.registerOutputs({ version: this.version, revision: this.revision });
  }
}
