import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { alertsOf, recordingRulesOf, ruleGroups } from "../../../../lib/src/observability";
import { run, tail } from "../../../engine/support/run";
import { prod, toolOrMissing } from "./support";

const alerts = alertsOf(prod);

/** Series that make an alert fire after a quarter of an hour, and some that do not. */
const series: Readonly<
  Record<string, { labels: string; fires: Record<string, string>; silent: Record<string, string> }>
> = {
  SensorDown: {
    labels: 'job="falco"',
    fires: { 'up{job="falco"}': "0x20" },
    silent: { 'up{job="falco"}': "1x20", 'up{job="other"}': "0x20" },
  },
  CiliumNodesUnreachable: {
    labels: "",
    fires: { cilium_unreachable_nodes: "1x20" },
    silent: { cilium_unreachable_nodes: "0x20" },
  },
  CiliumMapNearlyFull: {
    labels: 'map_name="ct4"',
    fires: { 'cilium_bpf_map_pressure{map_name="ct4"}': "0.9x20" },
    silent: { 'cilium_bpf_map_pressure{map_name="ct4"}': "0.5x20" },
  },
  CiliumRegenerationFails: {
    labels: "",
    fires: { 'cilium_endpoint_regenerations_total{outcome="fail"}': "0+1x20" },
    silent: { 'cilium_endpoint_regenerations_total{outcome="success"}': "0+1x20" },
  },
  PacketsDroppedWithoutPolicy: {
    labels: 'reason="STALE"',
    fires: { 'hubble_drop_total{reason="STALE"}': "0+600x20" },
    silent: { 'hubble_drop_total{reason="POLICY_DENIED"}': "0+600x20" },
  },
  FalcoSawAnAttack: {
    labels: 'rule_name="shell"',
    fires: { 'falcosecurity_falco_rules_matches_total{rule_name="shell",priority="2"}': "0+1x20" },
    silent: { 'falcosecurity_falco_rules_matches_total{rule_name="shell",priority="5"}': "0+1x20" },
  },
  FalcoBlind: {
    labels: "",
    fires: {
      falcosecurity_scap_n_drops_buffer_total: "0+1x20",
      falcosecurity_falco_outputs_queue_num_drops_total: "0x20",
    },
    silent: {
      falcosecurity_scap_n_drops_buffer_total: "3x20",
      falcosecurity_falco_outputs_queue_num_drops_total: "0x20",
    },
  },
  TetragonRefused: {
    labels: 'policy="shadow-file",action="override"',
    fires: {
      'tetragon_tracingpolicy_selector_actions_total{policy="shadow-file",action="override"}': "0+1x20",
    },
    silent: { 'tetragon_tracingpolicy_selector_actions_total{policy="x",action="post"}': "0+1x20" },
  },
  TetragonPolicyNotLoaded: {
    labels: 'state="load_error"',
    fires: { 'tetragon_tracingpolicy_loaded{state="load_error"}': "1x20" },
    silent: { 'tetragon_tracingpolicy_loaded{state="enabled"}': "1x20" },
  },
  TetragonBlind: {
    labels: "",
    fires: {
      tetragon_bpf_missed_events_total: "0+1x20",
      tetragon_observer_ringbuf_events_lost_total: "0x20",
    },
    silent: {
      tetragon_bpf_missed_events_total: "7x20",
      tetragon_observer_ringbuf_events_lost_total: "0x20",
    },
  },
  BpfProgramNotAttached: {
    labels: 'instance="n1",program="lb",hook="xdp",place="eth0"',
    fires: { 'ebpf_program_attached{instance="n1",program="lb",hook="xdp",place="eth0"}': "0x20" },
    silent: { 'ebpf_program_attached{instance="n1",program="lb",hook="xdp",place="eth0"}': "1x20" },
  },
  BpfProgramDrifted: {
    labels: 'instance="n1",program="lb"',
    fires: { 'ebpf_program_drift{instance="n1",program="lb"}': "2x20" },
    silent: { 'ebpf_program_drift{instance="n1",program="lb"}': "0x20" },
  },
  BpfMapNearlyFull: {
    labels: 'instance="n1",program="lb",map="flows"',
    fires: {
      'ebpf_map_entries{instance="n1",program="lb",map="flows"}': "95x20",
      'ebpf_map_max_entries{instance="n1",program="lb",map="flows"}': "100x20",
    },
    silent: {
      'ebpf_map_entries{instance="n1",program="lb",map="flows"}': "89x20",
      'ebpf_map_max_entries{instance="n1",program="lb",map="flows"}': "100x20",
    },
  },
  BpfEventsLost: {
    labels: 'instance="n1",program="events"',
    fires: { 'ebpf_events_total{instance="n1",program="events",outcome="lost"}': "0+1x20" },
    silent: { 'ebpf_events_total{instance="n1",program="events",outcome="sent"}': "0+1x20" },
  },
  BpfMetricsOld: {
    labels: 'instance="n1"',
    // Written once, at the start of the clock.
    fires: { 'node_textfile_mtime_seconds{instance="n1",file="/textfiles/ebpf-platform.prom"}': "0x20" },
    silent: { 'node_textfile_mtime_seconds{instance="n1",file="/textfiles/ebpf-platform.prom"}': "0+60x20" },
  },
  ApplicationDoesNotAnswer: {
    labels: 'instance="n1",address="10.0.0.1",port="80"',
    fires: {
      'ebpf_listener_requests_total{instance="n1",address="10.0.0.1",port="80"}': "0+100x20",
      'ebpf_listener_unanswered_total{instance="n1",address="10.0.0.1",port="80"}': "0+2x20",
    },
    silent: {
      'ebpf_listener_requests_total{instance="n1",address="10.0.0.1",port="80"}': "0+1000x20",
      'ebpf_listener_unanswered_total{instance="n1",address="10.0.0.1",port="80"}': "0+1x20",
    },
  },
  LoadBalancerDrops: {
    labels: 'instance="n1",reason="no-backend"',
    fires: { 'ebpf_lb_packets_total{instance="n1",reason="no-backend"}': "0+600x20" },
    silent: { 'ebpf_lb_packets_total{instance="n1",reason="not-vip"}': "0+600x20" },
  },
  HttpErrors: {
    labels: "",
    fires: {
      'hubble_http_requests_total{reporter="server",status="200"}': "0+97x20",
      'hubble_http_requests_total{reporter="server",status="503"}': "0+3x20",
    },
    silent: {
      'hubble_http_requests_total{reporter="server",status="200"}': "0+999x20",
      'hubble_http_requests_total{reporter="server",status="503"}': "0+1x20",
      'hubble_http_requests_total{reporter="client",status="503"}': "0+99x20",
    },
  },
};

/** Series, and what a recording rule makes of them after a quarter of an hour. */
const recorded: Readonly<Record<string, { given: Record<string, string>; labels: string; value: number }>> = {
  "platform:http_errors:ratio5m": {
    given: {
      'hubble_http_requests_total{reporter="server",status="200"}': "0+90x20",
      'hubble_http_requests_total{reporter="server",status="500"}': "0+10x20",
    },
    labels: "{}",
    value: 0.1,
  },
  "platform:drops:rate5m": {
    given: { 'hubble_drop_total{reason="STALE",protocol="TCP"}': "0+60x20" },
    labels: '{reason="STALE"}',
    value: 1,
  },
  "platform:bpf_map_use:ratio": {
    given: {
      'ebpf_map_entries{instance="n1",program="lb",map="flows"}': "25x20",
      'ebpf_map_max_entries{instance="n1",program="lb",map="flows"}': "100x20",
    },
    labels: '{instance="n1",program="lb",map="flows"}',
    value: 0.25,
  },
  "platform:bpf_run:seconds5m": {
    given: {
      'ebpf_program_measured_seconds_total{instance="n1",program="lb",function="xdp_lb"}': "0+3x20",
      'ebpf_program_measured_runs_total{instance="n1",program="lb",function="xdp_lb"}': "0+6000x20",
    },
    labels: '{instance="n1",program="lb",function="xdp_lb"}',
    value: 0.0005,
  },
  "platform:lb_backend_flows:rate5m": {
    given: { 'ebpf_lb_backend_flows_total{instance="n1",program="lb",real="3"}': "0+120x20" },
    labels: '{instance="n1",program="lb",real="3"}',
    value: 2,
  },
  "platform:listener_unanswered:ratio5m": {
    given: {
      'ebpf_listener_requests_total{instance="n1",address="a",port="80"}': "0+200x20",
      'ebpf_listener_unanswered_total{instance="n1",address="a",port="80"}': "0+50x20",
    },
    labels: '{instance="n1",address="a",port="80"}',
    value: 0.25,
  },
};

const inputs = (series: Record<string, string>) =>
  Object.entries(series).map(([name, values]) => ({ series: name, values }));

/** Runs `promtool test rules` over the stack's rules and these cases. */
async function promtool(tests: readonly object[]): Promise<{ code: number | null; said: string }> {
  const folder = mkdtempSync(join(tmpdir(), "t-rules-"));
  try {
    writeFileSync(join(folder, "rules.yaml"), stringify(ruleGroups(prod)));
    const file = { rule_files: ["rules.yaml"], evaluation_interval: "1m", tests };
    writeFileSync(join(folder, "tests.yaml"), stringify(file));
    const result = await run("promtool", ["test", "rules", "tests.yaml"], { cwd: folder });
    return { code: result.code, said: tail(result) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the platform's alerts", () => {
  it("leave out what the stack does not run", () => {
    const { metrics: _, ...bpf } = prod.bpf;
    const without = {
      ...prod,
      bpf,
      platform: { ...prod.platform, falco: "off" as const, tetragon: "off" as const },
    };
    assert.deepEqual(
      [...new Set(alertsOf(without).map(({ product }) => product))],
      ["prometheus", "cilium", "hubble"],
    );
    assert.deepEqual([...new Set(recordingRulesOf(without).map(({ product }) => product))], ["hubble"]);
  });

  it("have a case that fires and one that is silent each, recording rules one with a value", () => {
    assert.deepEqual(
      Object.keys(series),
      alerts.map(({ alert }) => alert),
    );
    assert.deepEqual(
      Object.keys(recorded),
      recordingRulesOf(prod).map(({ record }) => record),
    );
  });

  it("fire and stay silent under promtool", async function () {
    toolOrMissing(this, "promtool", "prometheus");
    const tests = alerts.flatMap(({ alert, severity, summary }) => {
      const { labels, fires, silent } = series[alert] ?? { labels: "", fires: {}, silent: {} };
      const exp_labels = {
        ...Object.fromEntries(
          [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value] as const),
        ),
        severity,
      };
      const at = (exp_alerts: object[]) => [{ eval_time: "16m", alertname: alert, exp_alerts }];
      return [
        {
          interval: "1m",
          input_series: inputs(fires),
          alert_rule_test: at([{ exp_labels, exp_annotations: { summary } }]),
        },
        { interval: "1m", input_series: inputs(silent), alert_rule_test: at([]) },
      ];
    });
    const { code, said } = await promtool(tests);
    assert.equal(code, 0, said);
  });

  it("would not pass promtool with an alert that stays silent", async function () {
    toolOrMissing(this, "promtool", "prometheus");
    const [first] = alerts;
    assert.ok(first);
    const expected = {
      exp_labels: { severity: first.severity },
      exp_annotations: { summary: first.summary },
    };
    const { code } = await promtool([
      {
        interval: "1m",
        input_series: inputs(series[first.alert]?.silent ?? {}),
        alert_rule_test: [{ eval_time: "16m", alertname: first.alert, exp_alerts: [expected] }],
      },
    ]);
    assert.notEqual(code, 0);
  });

  it("read series that the recording rules make, with the labels they say", async function () {
    toolOrMissing(this, "promtool", "prometheus");
    const tests = recordingRulesOf(prod).map(({ record, labels }) => {
      const { given, labels: kept, value } = recorded[record] ?? { given: {}, labels: "{}", value: 0 };
      assert.deepEqual(
        [...kept.matchAll(/(\w+)=/g)].map(([, label]) => label),
        labels,
        record,
      );
      const sample = { labels: kept === "{}" ? record : `${record}${kept}`, value };
      return {
        interval: "1m",
        input_series: inputs(given),
        promql_expr_test: [{ expr: record, eval_time: "16m", exp_samples: [sample] }],
      };
    });
    const { code, said } = await promtool(tests);
    assert.equal(code, 0, said);
  });
});
