import * as pulumi from "@pulumi/pulumi";
import { HelmAddon } from "../../addon/helm-addon";
import type { AddonNamespace } from "../../addon/namespace";
import type { PlatformContext } from "../../addon/platform-context";

export interface LoggingArgs {
  readonly platform: PlatformContext;
  /** Where agents may read the host. */
  readonly agents: AddonNamespace;
}

/** Loki, and Fluent Bit on every node that fills it. */
export class Logging extends pulumi.ComponentResource {
  constructor(name: string, { platform, agents }: LoggingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:observability:Logging", name, {}, opts);
    const loki = new HelmAddon(
      "loki",
      { platform, chart: "loki", namespace: "monitoring" },
      { parent: this },
    );
    new HelmAddon(
      "fluent-bit",
      { platform, chart: "fluent-bit", namespace: agents.name, after: [agents, loki] },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
