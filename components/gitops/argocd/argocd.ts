import type { GitopsConfig } from "@ebpf-platform/lib/config";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { HelmAddon } from "../../addon/helm-addon";
import { AddonNamespace } from "../../addon/namespace";
import type { PlatformContext } from "../../addon/platform-context";
import { argocdObjects, NAMESPACE } from "./projects";

export interface ArgocdArgs {
  readonly platform: PlatformContext;
  readonly gitops: GitopsConfig;
}

/** Argo CD with its projects and the application of applications. */
export class Argocd extends pulumi.ComponentResource {
  constructor(name: string, { platform, gitops }: ArgocdArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:gitops:Argocd", name, {}, opts);
    const namespace = new AddonNamespace(
      {
        platform,
        name: NAMESPACE,
        traffic: { apiServer: true, names: [...new Set(gitops.repositories.map(hostOf))].sort() },
      },
      { parent: this },
    );
    const addon = new HelmAddon(
      name,
      { platform, chart: "argo-cd", release: "argocd", namespace: namespace.name, after: [namespace] },
      { parent: this },
    );
    for (const object of argocdObjects(gitops)) {
      new kubernetes.apiextensions.CustomResource(
        `${name}-${object.kind.toLowerCase()}-${object.metadata.name}`,
        object,
        { parent: this, provider: platform.cluster.provider, dependsOn: addon.ready },
      );
    }
    this.registerOutputs({});
  }
}

function hostOf(repository: string): string {
  return new URL(repository).hostname;
}
