import * as pulumi from "@pulumi/pulumi";
import { HelmAddon } from "../../addon/helm-addon";
import { AddonNamespace } from "../../addon/namespace";
import type { PlatformContext } from "../../addon/platform-context";

/** Falco on every node: system calls against its rules, and alerts where the stack sends them on. */
export class Falco extends pulumi.ComponentResource {
  constructor(name: string, platform: PlatformContext, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:security:Falco", name, {}, opts);
    const namespace = new AddonNamespace(
      {
        platform,
        name: "falco",
        traffic: {
          apiServer: true,
          to: ["monitoring"],
          // falcoctl takes rules and the container plugin from here before the first start.
          names: ["falcosecurity.github.io", "ghcr.io", "pkg-containers.githubusercontent.com"],
        },
      },
      { parent: this },
    );
    new HelmAddon(
      name,
      { platform, chart: "falco", namespace: namespace.name, after: [namespace] },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
