/** Metrics that alerts may name, by product, each with where the product makes or documents them. */
export const metrics = {
  cilium: {
    source: "cilium, Documentation/observability/metrics.rst",
    names: ["cilium_unreachable_nodes", "cilium_bpf_map_pressure", "cilium_endpoint_regenerations_total"],
  },
  hubble: {
    source: "cilium, Documentation/observability/metrics.rst",
    names: ["hubble_drop_total"],
  },
  falco: {
    source: "https://falco.org/docs/metrics/",
    names: [
      "falcosecurity_falco_rules_matches_total",
      "falcosecurity_scap_n_drops_buffer_total",
      "falcosecurity_falco_outputs_queue_num_drops_total",
    ],
  },
  tetragon: {
    source: "tetragon, pkg/metrics",
    names: [
      "tetragon_tracingpolicy_selector_actions_total",
      "tetragon_tracingpolicy_loaded",
      "tetragon_bpf_missed_events_total",
      "tetragon_observer_ringbuf_events_lost_total",
    ],
  },
  prometheus: { source: "https://prometheus.io/docs/concepts/jobs_instances/", names: ["up"] },
} as const satisfies Readonly<Record<string, { source: string; names: readonly string[] }>>;

export type Product = keyof typeof metrics;
