import type { PlatformConfig } from "@ebpf-platform/lib/config";
import type { ReleaseLock } from "@ebpf-platform/lib/release";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Fleet } from "../node/fleet";
import { K3sCluster, type JoinOutput } from "./k3s/cluster";
import { JoinedAgents } from "./k3s/join";

/** A cluster that the platform can be put on, whatever made it. */
export interface Cluster {
  readonly provider: kubernetes.Provider;
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** What other stacks need to join it; only of a cluster that this stack makes. Secret. */
  readonly join?: pulumi.Output<JoinOutput>;
  /** Without it no snapshot can be restored; only of a cluster that this stack makes. Secret. */
  readonly serverToken?: pulumi.Output<string>;
}

export interface ConnectArgs {
  readonly config: PlatformConfig;
  readonly fleet: Fleet;
  readonly secret: (name: string) => pulumi.Output<string>;
  /** Undefined for `release: workspace`. */
  readonly lock: ReleaseLock | undefined;
}

/** The stack's cluster; undefined where it has none of its own. Agents of another stack's cluster join it on the way. */
export function connectCluster({ config, fleet, secret, lock }: ConnectArgs): Cluster | undefined {
  const { cluster } = config;
  switch (cluster.kind) {
    case "none":
      return undefined;
    case "existing":
      return new ExistingCluster("cluster", { kubeconfig: secret(cluster.kubeconfigSecret) });
    case "k3s":
      return new K3sCluster("cluster", { config, cluster, fleet, secret, lock });
    case "join":
      new JoinedAgents("cluster", { config, cluster, fleet, secret, lock });
      return undefined;
  }
}

/** A cluster that is already there: a kubeconfig and nothing else. */
export class ExistingCluster extends pulumi.ComponentResource implements Cluster {
  readonly provider: kubernetes.Provider;
  readonly kubeconfig: pulumi.Output<string>;

  constructor(
    name: string,
    { kubeconfig }: { kubeconfig: pulumi.Input<string> },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ebpf-platform:cluster:ExistingCluster", name, {}, opts);
    this.kubeconfig = pulumi.secret(kubeconfig);
    this.provider = new kubernetes.Provider(
      name,
      {
        kubeconfig: this.kubeconfig,
        // The same cluster behind a renewed certificate or another address: nothing on it is replaced.
        clusterIdentifier: pulumi.getStack(),
        enableServerSideApply: true,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
