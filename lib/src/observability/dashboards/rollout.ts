import { panel, type Dashboard } from "../dashboard";

/** A rollout in motion: who runs what, who gets the traffic, and whether it hurts. */
export const rolloutDashboard: Dashboard = {
  uid: "platform-rollout",
  title: "Platform / Rollout",
  rows: [
    {
      title: "Programs and traffic",
      product: "bpf",
      panels: [
        panel(
          "Nodes by version of a program",
          "short",
          "count by (program, version) (ebpf_program_attached == 1)",
          "{{program}} {{version}}",
        ),
        panel(
          "Objects by node",
          "short",
          "max by (instance, program, object_sha256) (ebpf_program_attached)",
          "{{instance}} {{program}} {{object_sha256}}",
          { kind: "table" },
        ),
        panel(
          "Share of new flows by backend",
          "percentunit",
          "platform:lb_backend_flows:rate5m / on (instance, program) group_left () sum by (instance, program) (platform:lb_backend_flows:rate5m)",
          "{{instance}} {{real}}",
          { help: "The candidate's backends should have the dose, and no more." },
        ),
        panel(
          "Requests without an answer",
          "percentunit",
          "platform:listener_unanswered:ratio5m",
          "{{instance}} {{address}}:{{port}}",
        ),
      ],
    },
    {
      title: "Cost on candidate and stable nodes",
      product: "bpf",
      panels: [
        panel("Time of a run", "s", "platform:bpf_run:seconds5m", "{{instance}} {{program}}.{{function}}"),
        panel(
          "Connections by outcome",
          "cps",
          "sum by (instance, outcome) (rate(ebpf_tcp_connections_total[5m]))",
          "{{instance}} {{outcome}}",
        ),
      ],
    },
    {
      title: "Cluster",
      product: "prometheus",
      panels: [
        panel(
          "Nodes by kubelet",
          "short",
          "count by (kubelet_version) (kube_node_info)",
          "{{kubelet_version}}",
        ),
        panel("Nodes by kernel", "short", "count by (kernel_version) (kube_node_info)", "{{kernel_version}}"),
        panel("Nodes that take no pods", "short", "sum(kube_node_spec_unschedulable)", "cordoned", {
          kind: "stat",
        }),
        panel(
          "Agents not yet renewed",
          "short",
          "sum by (namespace, daemonset) (kube_daemonset_status_desired_number_scheduled - kube_daemonset_status_updated_number_scheduled)",
          "{{namespace}}/{{daemonset}}",
        ),
      ],
    },
    {
      title: "Health",
      product: "hubble",
      panels: [
        panel("Errors of servers", "percentunit", "platform:http_errors:ratio5m", "5xx", {
          help: "A gate stops a rollout above 1 %.",
        }),
        panel("Drops by reason", "pps", "platform:drops:rate5m", "{{reason}}"),
      ],
    },
    {
      title: "Alerts",
      product: "prometheus",
      panels: [
        panel(
          "Alerts that fire",
          "short",
          'sum by (alertname, severity) (ALERTS{alertstate="firing"})',
          "{{severity}} {{alertname}}",
        ),
        panel(
          "Restarts",
          "short",
          "sum by (namespace) (increase(kube_pod_container_status_restarts_total[10m]))",
          "{{namespace}}",
        ),
      ],
    },
  ],
};
