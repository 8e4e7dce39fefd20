import type { PlatformConfig } from "../config";
import { runs, type Product } from "./product";

/** A series that Prometheus computes at each evaluation, for alerts, dashboards and gates that ask it often. */
export interface RecordingRule {
  /** `platform:what:unit`; the labels it keeps are those of `labels`. */
  readonly record: string;
  readonly product: Product;
  readonly expr: string;
  readonly labels: readonly string[];
}

const rules: readonly RecordingRule[] = [
  {
    record: "platform:http_errors:ratio5m",
    product: "hubble",
    // No answer, no ratio: a quiet cluster is no healthy one and no sick one.
    expr: 'sum(rate(hubble_http_requests_total{reporter="server",status=~"5.."}[5m])) / sum(rate(hubble_http_requests_total{reporter="server"}[5m]))',
    labels: [],
  },
  {
    record: "platform:drops:rate5m",
    product: "hubble",
    expr: "sum by (reason) (rate(hubble_drop_total[5m]))",
    labels: ["reason"],
  },
  {
    record: "platform:bpf_map_use:ratio",
    product: "bpf",
    expr: "max by (instance, program, map) (ebpf_map_entries / ebpf_map_max_entries)",
    labels: ["instance", "program", "map"],
  },
  {
    record: "platform:bpf_run:seconds5m",
    product: "bpf",
    expr: "sum by (instance, program, function) (rate(ebpf_program_measured_seconds_total[5m])) / sum by (instance, program, function) (rate(ebpf_program_measured_runs_total[5m]))",
    labels: ["instance", "program", "function"],
  },
  {
    record: "platform:lb_backend_flows:rate5m",
    product: "bpf",
    expr: "sum by (instance, program, real) (rate(ebpf_lb_backend_flows_total[5m]))",
    labels: ["instance", "program", "real"],
  },
  {
    record: "platform:listener_unanswered:ratio5m",
    product: "bpf",
    expr: "sum by (instance, address, port) (rate(ebpf_listener_unanswered_total[5m])) / sum by (instance, address, port) (rate(ebpf_listener_requests_total[5m]))",
    labels: ["instance", "address", "port"],
  },
];

/** The recording rules about what the stack runs. */
export function recordingRulesOf(config: PlatformConfig): RecordingRule[] {
  return rules.filter(({ product }) => runs(product, config));
}
