import type { PlatformConfig } from "@ebpf-platform/lib/config";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** A cluster that the platform can be put on, whatever made it. */
export interface Cluster {
  readonly provider: kubernetes.Provider;
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
}

/** The stack's cluster; undefined where it has none of its own. */
export function connectCluster(
  config: PlatformConfig,
  secret: (name: string) => pulumi.Output<string>,
): Cluster | undefined {
  if (config.cluster.kind !== "existing") return undefined;
  return new ExistingCluster("cluster", { kubeconfig: secret(config.cluster.kubeconfigSecret) });
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
