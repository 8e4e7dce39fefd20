import type { ChartValues } from "@ebpf-platform/lib/charts";
import type { PlatformConfig } from "@ebpf-platform/lib/config";

/** Values of chart `tempo`: one process, traces of three days on its volume, OTLP only. */
export function tempoValues({ charts }: PlatformConfig): ChartValues {
  return {
    tempo: {
      retention: "72h",
      // No report of use to anybody.
      reportingEnabled: false,
      // Null takes the four older protocols away that the chart opens.
      receivers: { jaeger: null },
      resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "1Gi" } },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      },
    },
    persistence: { enabled: true, size: charts.profile === "standard" ? "20Gi" : "5Gi" },
  };
}
