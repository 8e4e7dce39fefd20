import type { PlatformConfig } from "../config";
import { runs, type Product } from "./product";

/** One alert: what must not last, for how long, and what to do. */
export interface Alert {
  readonly alert: string;
  /** Whose metrics it reads; left out where the product is off. */
  readonly product: Product;
  readonly expr: string;
  /** How long it must hold, as Prometheus writes it. */
  readonly for: string;
  readonly severity: "critical" | "warning";
  /** One sentence of what is wrong, and one of what to do. */
  readonly summary: string;
}

/** Alerts about the platform's own sensors and defences; those about nodes and workloads come with the chart. */
const alerts: readonly Alert[] = [
  {
    alert: "SensorDown",
    product: "prometheus",
    expr: 'min by (job) (up{job=~"cilium-agent|hubble|falco.*|tetragon.*"}) == 0',
    for: "5m",
    severity: "critical",
    summary:
      "A sensor does not answer, so nothing it watches is seen. Look at its pods on the node that is named.",
  },
  {
    alert: "CiliumNodesUnreachable",
    product: "cilium",
    expr: "max(cilium_unreachable_nodes) > 0",
    for: "5m",
    severity: "critical",
    summary:
      "Nodes do not reach each other through Cilium. Run `cilium-health status` on the node that says so.",
  },
  {
    alert: "CiliumMapNearlyFull",
    product: "cilium",
    expr: "max by (map_name) (cilium_bpf_map_pressure) > 0.8",
    for: "10m",
    severity: "warning",
    summary: "A BPF table is nearly full; then new connections are refused. Raise cilium.maps.",
  },
  {
    alert: "CiliumRegenerationFails",
    product: "cilium",
    expr: 'sum(increase(cilium_endpoint_regenerations_total{outcome="fail"}[10m])) > 0',
    for: "10m",
    severity: "warning",
    summary: "Pods run with policies that are not the newest. Look at the log of the agent.",
  },
  {
    alert: "PacketsDroppedWithoutPolicy",
    product: "hubble",
    expr: 'sum by (reason) (rate(hubble_drop_total{reason!="POLICY_DENIED"}[5m])) > 1',
    for: "10m",
    severity: "warning",
    summary: "Packets are lost for a reason that no policy asks for. Look at the flows in Hubble.",
  },
  {
    alert: "FalcoSawAnAttack",
    product: "falco",
    // 0 emergency to 3 error.
    expr: 'sum by (rule_name) (increase(falcosecurity_falco_rules_matches_total{priority=~"[0-3]"}[5m])) > 0',
    for: "0m",
    severity: "critical",
    summary: "A rule of Falco for attacks has matched. Find the event in the log of Falco.",
  },
  {
    alert: "FalcoBlind",
    product: "falco",
    expr: "sum(increase(falcosecurity_scap_n_drops_buffer_total[5m])) + sum(increase(falcosecurity_falco_outputs_queue_num_drops_total[5m])) > 0",
    for: "5m",
    severity: "warning",
    summary: "Falco loses events, so attacks may pass unseen. Give it a larger buffer or more CPU.",
  },
  {
    alert: "TetragonRefused",
    product: "tetragon",
    expr: 'sum by (policy, action) (increase(tetragon_tracingpolicy_selector_actions_total{action=~"override|monitor_override"}[5m])) > 0',
    for: "0m",
    severity: "critical",
    summary:
      "A pod did what a tracing policy forbids; in audit it succeeded. Find the event in the log of Tetragon.",
  },
  {
    alert: "TetragonPolicyNotLoaded",
    product: "tetragon",
    expr: 'sum by (state) (tetragon_tracingpolicy_loaded{state=~"error|load_error|partially_enabled"}) > 0',
    for: "5m",
    severity: "critical",
    summary:
      "A tracing policy is not in the kernel, so it stops nothing. Run `tetra tracingpolicy list` on the node.",
  },
  {
    alert: "TetragonBlind",
    product: "tetragon",
    expr: "sum(increase(tetragon_bpf_missed_events_total[5m])) + sum(increase(tetragon_observer_ringbuf_events_lost_total[5m])) > 0",
    for: "5m",
    severity: "warning",
    summary: "Tetragon loses events. Give it more memory, or narrow its policies.",
  },
  {
    alert: "BpfProgramNotAttached",
    product: "bpf",
    expr: "min by (instance, program, hook, place) (ebpf_program_attached) == 0",
    for: "2m",
    severity: "critical",
    summary:
      "A BPF program that was applied is not attached, so it neither filters nor counts. Run `platform up` to repair it.",
  },
  {
    alert: "BpfProgramDrifted",
    product: "bpf",
    expr: "max by (instance, program) (ebpf_program_drift) > 0",
    for: "5m",
    severity: "warning",
    summary:
      "A BPF program is not as it was applied. `platform refresh` shows the difference, `up` repairs it.",
  },
  {
    alert: "BpfMapNearlyFull",
    product: "bpf",
    expr: "platform:bpf_map_use:ratio > 0.9",
    for: "10m",
    severity: "warning",
    summary: "A BPF map is nearly full; then new entries are refused or old ones lost. Raise its size.",
  },
  {
    alert: "BpfEventsLost",
    product: "bpf",
    expr: 'sum by (instance, program) (increase(ebpf_events_total{outcome="lost"}[5m])) > 0',
    for: "5m",
    severity: "warning",
    summary: "Events of a BPF program are lost because nobody reads fast enough. Sample fewer of them.",
  },
  {
    alert: "BpfMetricsOld",
    product: "bpf",
    // Four intervals of the longest allowed timer would be later; a node that writes every 15 s is blind after this.
    expr: 'max by (instance) (time() - node_textfile_mtime_seconds{file=~".*ebpf-platform.*"}) > 300',
    for: "5m",
    severity: "warning",
    summary:
      "The counters of a node's BPF programs are old. Look at `systemctl status ebpf-platform-metrics.timer` there.",
  },
  {
    alert: "ApplicationDoesNotAnswer",
    product: "bpf",
    expr: "platform:listener_unanswered:ratio5m > 0.01",
    for: "5m",
    severity: "critical",
    summary:
      "More than 1 % of the requests that reach a listening socket end without an answer. Look at what listens there.",
  },
  {
    alert: "LoadBalancerDrops",
    product: "bpf",
    expr: 'sum by (instance, reason) (rate(ebpf_lb_packets_total{reason=~"no-backend|no-ring|no-mac"}[5m])) > 1',
    for: "5m",
    severity: "warning",
    summary: "The load balancer cannot serve packets. `platform status` shows which VIP has no backend.",
  },
  {
    alert: "HttpErrors",
    product: "hubble",
    expr: "platform:http_errors:ratio5m > 0.01",
    for: "5m",
    severity: "critical",
    summary:
      "More than 1 % of the HTTP answers that Hubble sees are errors of the server. Look at the flows in Hubble.",
  },
];

/** The alerts about what the stack runs. */
export function alertsOf(config: PlatformConfig): Alert[] {
  return alerts.filter(({ product }) => runs(product, config));
}
