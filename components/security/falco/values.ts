import type { ChartValues } from "@ebpf-platform/lib/charts";
import type { PlatformConfig } from "@ebpf-platform/lib/config";

/** Values of chart `falco`: it detects and tells, and touches nothing. */
export function falcoValues({ platform, cluster, charts }: PlatformConfig): ChartValues {
  return {
    driver: {
      kind: "modern_ebpf",
      // Four capabilities in place of a privileged container.
      modernEbpf: { leastPrivileged: true },
    },
    collectors: {
      // Every socket of the list is mounted from the host, and one that is missing there would be made a folder.
      ...(cluster.kind === "k3s" && {
        containerEngine: {
          engines: {
            docker: { enabled: false },
            podman: { enabled: false },
            containerd: { enabled: false },
            cri: { enabled: true, sockets: ["/run/k3s/containerd/containerd.sock"] },
            lxc: { enabled: false },
            libvirt_lxc: { enabled: false },
          },
        },
      }),
    },
    // Alerts at once in the log, not when a buffer is full.
    tty: true,
    falco: { json_output: true },
    metrics: { enabled: true, interval: "1m" },
    serviceMonitor: { create: platform.observability !== "off" },
    // Rules change with a release, not by themselves once a week.
    falcoctl: { artifact: { follow: { enabled: false } } },
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    ...(platform.falco === "alerts" && {
      falcosidekick: {
        enabled: true,
        replicaCount: charts.profile === "standard" ? 2 : 1,
        ...(platform.observability !== "off" && {
          config: {
            alertmanager: {
              hostport: "http://kube-prometheus-stack-alertmanager.monitoring.svc:9093",
              endpoint: "/api/v2/alerts",
              minimumpriority: "warning",
            },
          },
        }),
      },
    }),
  };
}
