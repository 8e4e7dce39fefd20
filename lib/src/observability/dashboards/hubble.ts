import { panel, type Dashboard } from "../dashboard";

/** What pods say to each other and to the world, as Hubble sees it. */
export const hubbleDashboard: Dashboard = {
  uid: "platform-hubble",
  title: "Platform / Hubble",
  rows: [
    {
      title: "Flows",
      product: "hubble",
      panels: [
        panel(
          "Flows by verdict",
          "cps",
          "sum by (verdict) (rate(hubble_flows_processed_total[5m]))",
          "{{verdict}}",
        ),
        panel("Drops by reason", "pps", "platform:drops:rate5m", "{{reason}}", {
          help: "POLICY_DENIED is a policy at work; any other reason is a fault.",
        }),
        panel(
          "Flows to the world",
          "cps",
          "sum by (protocol, verdict) (rate(hubble_flows_to_world_total[5m]))",
          "{{protocol}} {{verdict}}",
        ),
        panel(
          "Events that Hubble lost",
          "cps",
          "sum by (source) (rate(hubble_lost_events_total[5m]))",
          "{{source}}",
        ),
      ],
    },
    {
      title: "HTTP",
      product: "hubble",
      panels: [
        panel(
          "Requests by status",
          "reqps",
          'sum by (status) (rate(hubble_http_requests_total{reporter="server"}[5m]))',
          "{{status}}",
        ),
        panel("Errors of servers", "percentunit", "platform:http_errors:ratio5m", "5xx"),
        {
          title: "Duration",
          kind: "timeseries",
          unit: "s",
          queries: ["0.5", "0.99"].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(hubble_http_request_duration_seconds_bucket{reporter="server"}[5m])))`,
            legend: `quantile ${quantile}`,
          })),
        },
      ],
    },
    {
      title: "Names and connections",
      product: "hubble",
      panels: [
        panel(
          "DNS answers by code",
          "cps",
          "sum by (rcode) (rate(hubble_dns_responses_total[5m]))",
          "{{rcode}}",
        ),
        panel(
          "DNS questions without an answer",
          "cps",
          "sum(rate(hubble_dns_queries_total[5m])) - sum(rate(hubble_dns_responses_total[5m]))",
          "unanswered",
        ),
        panel("TCP flags", "pps", "sum by (flag) (rate(hubble_tcp_flags_total[5m]))", "{{flag}}", {
          help: "More RST than FIN: connections are refused or cut.",
        }),
        panel("ICMP", "pps", "sum by (family, type) (rate(hubble_icmp_total[5m]))", "{{family}} {{type}}"),
      ],
    },
    {
      title: "Cilium",
      product: "cilium",
      panels: [
        panel(
          "Fullest BPF maps",
          "percentunit",
          "topk(10, max by (map_name) (cilium_bpf_map_pressure))",
          "{{map_name}}",
          {
            kind: "bargauge",
          },
        ),
        panel(
          "Packets dropped in the datapath",
          "pps",
          "sum by (reason, direction) (rate(cilium_drop_count_total[5m]))",
          "{{reason}} {{direction}}",
        ),
        panel("Nodes not reached", "short", "max(cilium_unreachable_nodes)", "nodes", { kind: "stat" }),
        panel("Pods by state", "short", "sum by (state) (cilium_endpoint_state)", "{{state}}"),
      ],
    },
  ],
};
