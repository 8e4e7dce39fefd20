import * as pulumi from "@pulumi/pulumi";
import { HelmAddon } from "../../addon/helm-addon";
import type { PlatformContext } from "../../addon/platform-context";

/** Tempo. Programs send OTLP to `tempo.monitoring.svc`, port 4317 or 4318. */
export class Tracing extends pulumi.ComponentResource {
  constructor(name: string, platform: PlatformContext, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:observability:Tracing", name, {}, opts);
    new HelmAddon("tempo", { platform, chart: "tempo", namespace: "monitoring" }, { parent: this });
    this.registerOutputs({});
  }
}
