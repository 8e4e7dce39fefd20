import type { ChartValues } from "@ebpf-platform/lib/charts";
import type { PlatformConfig } from "@ebpf-platform/lib/config";

/** Values of chart `argo-cd`. */
export function argocdValues({ charts, stage }: PlatformConfig): ChartValues {
  const replicas = charts.profile === "standard" ? 2 : 1;
  const resources = { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } };
  return {
    configs: {
      cm: {
        // One password for everyone is no login of prod: people come by SSO, `charts.values.argo-cd.configs.cm`.
        "admin.enabled": stage !== "prod" && stage !== "canary",
        "exec.enabled": false,
      },
    },
    controller: { resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } } },
    server: { replicas, resources },
    repoServer: { replicas, resources },
    applicationSet: { replicas, resources },
    redis: { resources },
    notifications: { enabled: false },
    dex: { resources },
  };
}
