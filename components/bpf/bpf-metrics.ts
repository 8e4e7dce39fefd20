import type { MetricsConfig } from "@ebpf-platform/lib/config";
import * as pulumi from "@pulumi/pulumi";
import { NodeCommand, type CommandTarget } from "../node/node-command";
import type { BpfProgram } from "./program";

export interface BpfMetricsArgs {
  readonly machine: CommandTarget;
  readonly metrics: MetricsConfig;
  /** The node's programs: the first one brings the loader, which writes the file. */
  readonly programs: readonly BpfProgram[];
}

/** The file of metrics of one node (docs/metrics.md), kept up to date by a systemd timer. */
export class BpfMetrics extends pulumi.ComponentResource {
  constructor(name: string, args: BpfMetricsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:bpf:BpfMetrics", name, {}, opts);
    const { folder, intervalSeconds, measureSeconds } = args.metrics;
    new NodeCommand(
      name,
      {
        machine: args.machine,
        script: "components/bpf/scripts/metrics-up.sh",
        args: { FOLDER: folder, INTERVAL: String(intervalSeconds), MEASURE: String(measureSeconds) },
        kind: { undo: "components/bpf/scripts/metrics-down.sh" },
        timeoutSeconds: 60,
      },
      { parent: this, dependsOn: [...args.programs] },
    );
    this.registerOutputs({ folder });
  }
}
