import { panel, type Dashboard } from "../dashboard";

/** What sensors saw and what defences refused. */
export const securityDashboard: Dashboard = {
  uid: "platform-security",
  title: "Platform / Security events",
  rows: [
    {
      title: "Falco",
      product: "falco",
      panels: [
        panel(
          "Matches by rule, last hour",
          "short",
          "topk(10, sum by (rule_name, priority) (increase(falcosecurity_falco_rules_matches_total[1h])) > 0)",
          "{{priority}} {{rule_name}}",
          { kind: "table" },
        ),
        panel(
          "Matches by priority",
          "cps",
          "sum by (priority) (rate(falcosecurity_falco_rules_matches_total[5m]))",
          "priority {{priority}}",
          { help: "0 is emergency, 3 error, 7 debug." },
        ),
        {
          title: "Events that Falco lost",
          kind: "timeseries",
          unit: "cps",
          queries: [
            { expr: "sum(rate(falcosecurity_scap_n_drops_buffer_total[5m]))", legend: "buffer" },
            { expr: "sum(rate(falcosecurity_falco_outputs_queue_num_drops_total[5m]))", legend: "outputs" },
          ],
        },
        panel(
          "Events that Falco saw",
          "cps",
          "sum by (pod) (rate(falcosecurity_scap_n_evts_total[5m]))",
          "{{pod}}",
        ),
      ],
    },
    {
      title: "Tetragon",
      product: "tetragon",
      panels: [
        panel(
          "Actions by policy",
          "cps",
          "sum by (policy, action) (rate(tetragon_tracingpolicy_selector_actions_total[5m]))",
          "{{policy}} {{action}}",
          { help: "override refuses; monitor_override would have, in audit." },
        ),
        panel(
          "Events by policy and workload",
          "short",
          "topk(10, sum by (policy, namespace, workload, binary) (increase(tetragon_policy_events_total[1h])) > 0)",
          "{{policy}} {{namespace}}/{{workload}} {{binary}}",
          { kind: "table" },
        ),
        panel("Policies by state", "short", "sum by (state) (tetragon_tracingpolicy_loaded)", "{{state}}"),
        {
          title: "Events that Tetragon lost",
          kind: "timeseries",
          unit: "cps",
          queries: [
            { expr: "sum(rate(tetragon_bpf_missed_events_total[5m]))", legend: "kernel" },
            { expr: "sum(rate(tetragon_observer_ringbuf_events_lost_total[5m]))", legend: "reader" },
          ],
        },
      ],
    },
    {
      title: "Network",
      product: "hubble",
      panels: [
        panel(
          "Refused by policy",
          "pps",
          'sum by (protocol) (rate(hubble_drop_total{reason="POLICY_DENIED"}[5m]))',
          "{{protocol}}",
        ),
        panel(
          "Refused flows to the world",
          "cps",
          'sum by (protocol) (rate(hubble_flows_to_world_total{verdict="DROPPED"}[5m]))',
          "{{protocol}}",
        ),
      ],
    },
    {
      title: "Edge",
      product: "bpf",
      panels: [
        panel(
          "Packets of denied networks",
          "pps",
          "sum by (instance, rule) (rate(ebpf_guard_rule_packets_total[5m]))",
          "{{instance}} {{rule}}",
        ),
        panel(
          "Bytes judged by the guard",
          "Bps",
          "sum by (instance, reason) (rate(ebpf_guard_bytes_total[5m]))",
          "{{instance}} {{reason}}",
        ),
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
          { kind: "table" },
        ),
      ],
    },
  ],
};
