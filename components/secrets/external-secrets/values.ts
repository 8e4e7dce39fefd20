import type { ChartValues } from "@ebpf-platform/lib/charts";
import type { PlatformConfig } from "@ebpf-platform/lib/config";

/** Values of chart `external-secrets`. */
export function externalSecretsValues({ charts }: PlatformConfig): ChartValues {
  const replicaCount = charts.profile === "standard" ? 2 : 1;
  const resources = { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } };
  return {
    replicaCount,
    // Two that do not agree who works would both write.
    leaderElect: replicaCount > 1,
    // Off by default, and then nothing tells a controller that hangs.
    readinessProbe: { enabled: true },
    resources,
    webhook: { replicaCount, resources },
    certController: { resources },
  };
}
