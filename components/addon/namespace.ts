import {
  allowDns,
  allowTraffic,
  defaultDeny,
  type NamespaceTraffic,
} from "@ebpf-platform/lib/network-policies";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { podSecurity, type OwnedNamespace } from "./namespaces";
import type { PlatformContext } from "./platform-context";

export interface AddonNamespaceArgs {
  readonly platform: PlatformContext;
  readonly name: OwnedNamespace;
  /** What its pods may talk to, where the stack denies by default. */
  readonly traffic: NamespaceTraffic;
}

/** A namespace of the platform with its Pod Security labels, and with its policies where the stack denies by default. */
export class AddonNamespace extends pulumi.ComponentResource {
  readonly name: OwnedNamespace;

  constructor({ platform, name, traffic }: AddonNamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:addon:Namespace", name, {}, opts);
    this.name = name;
    const own = { parent: this, provider: platform.cluster.provider };
    const namespace = new kubernetes.core.v1.Namespace(
      name,
      { metadata: { name, labels: podSecurityLabels(name, platform.versions.k3s) } },
      own,
    );
    if (platform.config.platform.networkPolicy === "default-deny") {
      const later = { ...own, dependsOn: [namespace, ...platform.before] };
      new kubernetes.networking.v1.NetworkPolicy(
        `${name}-default-deny`,
        { metadata: { name: "default-deny", namespace: name }, spec: defaultDeny() },
        later,
      );
      for (const [policy, spec] of [
        ["allow-dns", allowDns(traffic.names ?? [])],
        ["allow-named", allowTraffic(name, traffic)],
      ] as const) {
        new kubernetes.apiextensions.CustomResource(
          `${name}-${policy}`,
          {
            apiVersion: "cilium.io/v2",
            kind: "CiliumNetworkPolicy",
            metadata: { name: policy, namespace: name },
            spec,
          },
          later,
        );
      }
    }
    this.registerOutputs({ name });
  }
}

/** Enforces the namespace's level and shows what the restricted one would refuse, both of the release's Kubernetes minor. */
function podSecurityLabels(name: OwnedNamespace, k3s: string): Record<string, string> {
  const version = /^v1\.[0-9]+/.exec(k3s)?.[0];
  if (version === undefined)
    throw new Error(`The release's k3s version ${k3s} names no minor of Kubernetes 1.`);
  const levels = { enforce: podSecurity[name], audit: "restricted", warn: "restricted" };
  return Object.fromEntries(
    Object.entries(levels).flatMap(([mode, level]) => [
      [`pod-security.kubernetes.io/${mode}`, level],
      [`pod-security.kubernetes.io/${mode}-version`, version],
    ]),
  );
}
