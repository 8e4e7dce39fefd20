import { panel, type Dashboard } from "../dashboard";

const stat = { kind: "stat" } as const;

/** Nodes and workloads at a glance. */
export const clusterDashboard: Dashboard = {
  uid: "platform-cluster",
  title: "Platform / Cluster",
  rows: [
    {
      title: "State",
      product: "prometheus",
      panels: [
        panel(
          "Nodes ready",
          "short",
          'sum(kube_node_status_condition{condition="Ready",status="true"})',
          "ready",
          stat,
        ),
        panel("Pods that wait", "short", 'sum(kube_pod_status_phase{phase="Pending"})', "pending", stat),
        panel("Targets down", "short", "sum(up == bool 0)", "down", stat),
        panel(
          "Alerts that fire",
          "short",
          'sum by (severity) (ALERTS{alertstate="firing"})',
          "{{severity}}",
          stat,
        ),
      ],
    },
    {
      title: "Nodes",
      product: "prometheus",
      panels: [
        panel(
          "CPU in use",
          "percentunit",
          '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
          "{{instance}}",
        ),
        panel(
          "Memory in use",
          "percentunit",
          "1 - sum by (instance) (node_memory_MemAvailable_bytes) / sum by (instance) (node_memory_MemTotal_bytes)",
          "{{instance}}",
        ),
        panel(
          "Disk in use",
          "percentunit",
          '1 - sum by (instance, mountpoint) (node_filesystem_avail_bytes{fstype=~"ext4|xfs|btrfs"}) / sum by (instance, mountpoint) (node_filesystem_size_bytes{fstype=~"ext4|xfs|btrfs"})',
          "{{instance}} {{mountpoint}}",
        ),
        {
          title: "Network",
          kind: "timeseries",
          unit: "Bps",
          queries: [
            {
              expr: 'sum by (instance) (rate(node_network_receive_bytes_total{device!~"lo|lxc.*|cilium.*|veth.*"}[5m]))',
              legend: "{{instance}} in",
            },
            {
              expr: '-sum by (instance) (rate(node_network_transmit_bytes_total{device!~"lo|lxc.*|cilium.*|veth.*"}[5m]))',
              legend: "{{instance}} out",
            },
          ],
        },
      ],
    },
    {
      title: "Pressure",
      product: "prometheus",
      panels: [
        panel(
          "Waiting for CPU",
          "percentunit",
          "sum by (instance) (rate(node_pressure_cpu_waiting_seconds_total[5m]))",
          "{{instance}}",
          { help: "Share of time in which some task had work and no CPU (PSI)." },
        ),
        panel(
          "Stalled for memory",
          "percentunit",
          "sum by (instance) (rate(node_pressure_memory_stalled_seconds_total[5m]))",
          "{{instance}}",
        ),
        panel(
          "API server: errors",
          "percentunit",
          'sum(rate(apiserver_request_total{code=~"5.."}[5m])) / sum(rate(apiserver_request_total[5m]))',
          "5xx",
        ),
        panel(
          "API server: 99th percentile",
          "s",
          'histogram_quantile(0.99, sum by (le, verb) (rate(apiserver_request_duration_seconds_bucket{verb!~"WATCH|CONNECT"}[5m])))',
          "{{verb}}",
        ),
      ],
    },
    {
      title: "Workloads",
      product: "prometheus",
      panels: [
        panel(
          "Memory by namespace",
          "bytes",
          'sum by (namespace) (container_memory_working_set_bytes{container!=""})',
          "{{namespace}}",
        ),
        panel(
          "CPU by namespace",
          "short",
          'sum by (namespace) (rate(container_cpu_usage_seconds_total{container!=""}[5m]))',
          "{{namespace}}",
        ),
        panel(
          "Restarts in an hour",
          "short",
          "topk(10, sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total[1h])) > 0)",
          "{{namespace}}/{{pod}}",
          { kind: "table" },
        ),
        panel(
          "Volumes",
          "percentunit",
          "1 - sum by (namespace, persistentvolumeclaim) (kubelet_volume_stats_available_bytes) / sum by (namespace, persistentvolumeclaim) (kubelet_volume_stats_capacity_bytes)",
          "{{namespace}}/{{persistentvolumeclaim}}",
          { kind: "bargauge" },
        ),
      ],
    },
  ],
};
