/** Metrics that rules and dashboards may name, by product, each with the place in the product's source or docs that makes it. */
export const metrics = {
  cilium: {
    source: "cilium 1.20 pkg/metrics, Documentation/observability/metrics.rst",
    names: ["cilium_unreachable_nodes", "cilium_bpf_map_pressure", "cilium_endpoint_regenerations_total"],
  },
  hubble: {
    source: "cilium 1.20 pkg/hubble/metrics",
    names: ["hubble_drop_total"],
  },
  falco: {
    source: "falco 0.44 userspace/falco/falco_metrics.cpp",
    names: [
      "falcosecurity_falco_rules_matches_total",
      "falcosecurity_scap_n_drops_buffer_total",
      "falcosecurity_falco_outputs_queue_num_drops_total",
    ],
  },
  tetragon: {
    source: "tetragon 1.7 pkg/metrics",
    names: [
      "tetragon_tracingpolicy_selector_actions_total",
      "tetragon_tracingpolicy_loaded",
      "tetragon_bpf_missed_events_total",
      "tetragon_observer_ringbuf_events_lost_total",
    ],
  },
  prometheus: { source: "prometheus 3.14 scrape/manager.go", names: ["up"] },
} as const satisfies Readonly<Record<string, { source: string; names: readonly string[] }>>;

export type Product = keyof typeof metrics;
