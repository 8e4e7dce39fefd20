import type { ChartValues } from "@ebpf-platform/lib/charts";
import type { PlatformConfig } from "@ebpf-platform/lib/config";

/** Values of chart `gatekeeper`. */
export function gatekeeperValues({ charts }: PlatformConfig): ChartValues {
  return {
    replicas: charts.profile === "standard" ? 2 : 1,
    // The namespace and its labels are this program's; the chart's job would change them behind its back.
    postInstall: { labelNamespace: { enabled: false } },
    // Without them a removed release leaves webhooks that nobody answers.
    preUninstall: {
      // The chart binds the job's role to this name and makes the account under it by another key; without it the API
      // server refuses the binding, and the release cannot be removed.
      deleteWebhookConfigurations: { enabled: true, name: "gatekeeper-delete-webhook-configs" },
    },
    controllerManager: {
      resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } },
    },
    audit: { resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } } },
  };
}
