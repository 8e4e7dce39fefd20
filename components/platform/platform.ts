import type { PlatformConfig } from "@ebpf-platform/lib/config";
import { neededCharts, type ReleaseLock } from "@ebpf-platform/lib/release";
import * as pulumi from "@pulumi/pulumi";
import { releaseVersions } from "../addon/chart-source";
import type { PlatformContext } from "../addon/platform-context";
import type { Cluster } from "../cluster/cluster";
import { AddonNamespace } from "../addon/namespace";
import { Argocd } from "../gitops/argocd/argocd";
import { Cilium } from "../network/cilium/cilium";
import { Logging } from "../observability/logging/logging";
import { Monitoring, MonitoringKinds } from "../observability/monitoring/monitoring";
import { Tracing } from "../observability/tracing/tracing";
import { ExternalSecrets } from "../secrets/external-secrets/external-secrets";
import { Vault } from "../secrets/vault/vault";
import { Falco } from "../security/falco/falco";
import { Gatekeeper } from "../security/gatekeeper/gatekeeper";
import { Tetragon } from "../security/tetragon/tetragon";
import { chartValues, valueFaults } from "./values";

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
  /** Passwords of `admin` by product; secret. */
  readonly logins: Record<string, pulumi.Output<string>> = {};

  constructor(name: string, { config, cluster, lock }: PlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:platform:Platform", name, {}, opts);
    const faults = valueFaults(config);
    if (faults.length > 0) {
      throw new pulumi.RunError(
        `Values that cannot go into a chart:\n${faults.map((line) => `  - ${line}`).join("\n")}`,
      );
    }
    const versions = releaseVersions(lock);
    const context: PlatformContext = {
      config,
      cluster,
      versions,
      values: (chart) => chartValues(chart, config),
      before: [],
    };
    const parent = { parent: this };
    const cilium = config.cilium && new Cilium("cilium", context, parent);
    this.behindCni({ ...context, before: cilium ? [cilium.ready] : [] });

    this.charts = Object.fromEntries(
      neededCharts(config).map((chart) => [chart, versions.charts[chart]?.version ?? ""]),
    );
    this.registerOutputs({ charts: this.charts });
  }

  /** Everything that needs a pod network. What has monitors comes after their kinds. */
  private behindCni(network: PlatformContext): void {
    const parent = { parent: this };
    const { platform: parts, gitops } = network.config;
    const kinds =
      parts.observability === "off" ? undefined : new MonitoringKinds("monitoring-kinds", network, parent);
    const platform = kinds ? { ...network, before: [...network.before, kinds] } : network;

    if (kinds) {
      const agents = new AddonNamespace(
        { platform, name: "node-agents", traffic: { apiServer: true, to: ["monitoring"] } },
        parent,
      );
      this.logins.grafana = new Monitoring("monitoring", { platform, agents }, parent).adminPassword;
      if (parts.observability === "full") {
        new Logging("logging", { platform, agents }, parent);
        new Tracing("tracing", platform, parent);
      }
    }
    if (parts.tetragon !== "off") new Tetragon("tetragon", platform, parent);
    if (parts.falco !== "off") new Falco("falco", platform, parent);
    if (parts.gatekeeper !== "off") new Gatekeeper("gatekeeper", platform, parent);
    const vault = parts.vault === "off" ? undefined : new Vault("vault", platform, parent);
    if (parts.externalSecrets) new ExternalSecrets("external-secrets", { platform, vault }, parent);
    if (parts.argocd && gitops) new Argocd("argocd", { platform, gitops }, parent);
  }
}
