import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { HelmAddon } from "../../addon/helm-addon";
import type { PlatformContext } from "../../addon/platform-context";
import { tracingPolicies } from "./policies";

/** Tetragon on every node, and the tracing policies of the stack's mode. */
export class Tetragon extends pulumi.ComponentResource {
  /** Names of the policies. */
  readonly policies: readonly string[];

  constructor(name: string, platform: PlatformContext, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:security:Tetragon", name, {}, opts);
    const addon = new HelmAddon(
      name,
      {
        platform,
        chart: "tetragon",
        namespace: "kube-system",
        ready: [
          { path: "/apis/apps/v1/namespaces/kube-system/daemonsets/tetragon", is: "rolled-out" },
          {
            path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/tracingpolicies.cilium.io",
            is: { condition: "Established" },
          },
        ],
      },
      { parent: this },
    );
    const policies = tracingPolicies(platform.config);
    for (const policy of policies) {
      new kubernetes.apiextensions.CustomResource(policy.metadata.name, policy, {
        parent: this,
        provider: platform.cluster.provider,
        dependsOn: addon.ready,
      });
    }
    this.policies = policies.map(({ metadata }) => metadata.name);
    this.registerOutputs({ policies: this.policies });
  }
}
