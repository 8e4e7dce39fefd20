import { panel, type Dashboard } from "../dashboard";

/** The programs that this platform puts on nodes: whether they are there, what they cost, what they count. */
export const bpfDashboard: Dashboard = {
  uid: "platform-bpf",
  title: "Platform / BPF programs",
  rows: [
    {
      title: "State",
      product: "bpf",
      panels: [
        panel("Not attached", "short", "count(ebpf_program_attached == 0) or vector(0)", "programs", {
          kind: "stat",
        }),
        panel(
          "Deviations from what was applied",
          "short",
          "sum by (instance, program) (ebpf_program_drift)",
          "{{instance}} {{program}}",
        ),
        panel(
          "What is attached",
          "short",
          "max by (instance, program, hook, place, version, object_sha256) (ebpf_program_attached)",
          "{{instance}} {{program}} {{version}}",
          { kind: "table" },
        ),
        panel(
          "Age of the counters",
          "s",
          'max by (instance) (time() - node_textfile_mtime_seconds{file=~".*ebpf-platform.*"})',
          "{{instance}}",
        ),
      ],
    },
    {
      title: "Cost",
      product: "bpf",
      panels: [
        panel("Time of a run", "s", "platform:bpf_run:seconds5m", "{{instance}} {{program}}.{{function}}", {
          help: "Only while bpf.metrics.measureSeconds is above 0.",
        }),
        panel(
          "Instructions verified",
          "short",
          "max by (program, function) (ebpf_program_verified_instructions)",
          "{{program}}.{{function}}",
          { kind: "bargauge" },
        ),
        panel(
          "Machine code",
          "bytes",
          "max by (program, function) (ebpf_program_jited_bytes)",
          "{{program}}.{{function}}",
          { kind: "bargauge" },
        ),
        panel(
          "Fullest maps",
          "percentunit",
          "topk(10, platform:bpf_map_use:ratio)",
          "{{instance}} {{program}}.{{map}}",
          {
            kind: "bargauge",
          },
        ),
      ],
    },
    {
      title: "Load balancer",
      product: "bpf",
      panels: [
        panel(
          "Packets by backend",
          "pps",
          "sum by (instance, real) (rate(ebpf_lb_backend_packets_total[5m]))",
          "{{instance}} {{real}}",
        ),
        panel(
          "Bytes by backend",
          "Bps",
          "sum by (instance, real) (rate(ebpf_lb_backend_bytes_total[5m]))",
          "{{instance}} {{real}}",
        ),
        panel("New flows by backend", "cps", "platform:lb_backend_flows:rate5m", "{{instance}} {{real}}"),
        panel(
          "Not balanced",
          "pps",
          "sum by (instance, reason) (rate(ebpf_lb_packets_total[5m]))",
          "{{instance}} {{reason}}",
        ),
      ],
    },
    {
      title: "Guard and flows",
      product: "bpf",
      panels: [
        panel(
          "Dropped by the guard",
          "pps",
          "sum by (instance, reason) (rate(ebpf_guard_dropped_packets_total[5m]))",
          "{{instance}} {{reason}}",
        ),
        panel(
          "Judged by the guard",
          "pps",
          "sum by (instance, reason) (rate(ebpf_guard_packets_total[5m]))",
          "{{instance}} {{reason}}",
        ),
        {
          title: "Flows",
          kind: "timeseries",
          unit: "short",
          queries: [
            {
              expr: "sum by (instance, protocol, state) (ebpf_flows4)",
              legend: "{{instance}} v4 {{protocol}} {{state}}",
            },
            {
              expr: "sum by (instance, protocol, state) (ebpf_flows6)",
              legend: "{{instance}} v6 {{protocol}} {{state}}",
            },
          ],
        },
        panel(
          "Events",
          "cps",
          "sum by (instance, outcome) (rate(ebpf_events_total[5m]))",
          "{{instance}} {{outcome}}",
        ),
      ],
    },
    {
      title: "TCP and applications",
      product: "bpf",
      panels: [
        panel(
          "Connect, 99th percentile",
          "s",
          "histogram_quantile(0.99, sum by (le, instance) (rate(ebpf_tcp_connect_seconds_bucket[5m])))",
          "{{instance}}",
        ),
        panel(
          "Round trip, 99th percentile",
          "s",
          "histogram_quantile(0.99, sum by (le, instance) (rate(ebpf_tcp_rtt_seconds_bucket[5m])))",
          "{{instance}}",
        ),
        panel(
          "Requests without an answer",
          "percentunit",
          "platform:listener_unanswered:ratio5m",
          "{{instance}} {{address}}:{{port}}",
        ),
        panel(
          "System calls",
          "cps",
          "topk(10, sum by (instance, number) (rate(ebpf_syscalls_total[5m])))",
          "{{instance}} {{number}}",
        ),
      ],
    },
  ],
};
