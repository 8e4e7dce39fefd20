import type { ChartValues } from "@ebpf-platform/lib/charts";
import type { PlatformConfig } from "@ebpf-platform/lib/config";

/** Values of chart `tetragon`. */
export function tetragonValues({ platform, charts }: PlatformConfig): ChartValues {
  const prometheus = { enabled: true, serviceMonitor: { enabled: platform.observability !== "off" } };
  return {
    tetragon: {
      prometheus,
      resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
      // Otherwise everything is allowed while an agent restarts.
      enableKeepSensorsOnExit: platform.tetragon === "enforce",
    },
    tetragonOperator: {
      replicas: charts.profile === "standard" ? 2 : 1,
      failoverLease: { enabled: charts.profile === "standard" },
      prometheus,
    },
    // The operator keeps the definitions at its own version; Helm would never upgrade them.
    crds: { installMethod: "operator" },
  };
}
