import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { metrics } from "../../../../components/observability/monitoring/metrics";
import { alertsOf, ruleGroups } from "../../../../components/observability/monitoring/rules";
import { parseConfig, readStackFile } from "../../../../lib/src/config";
import { run, tail } from "../../../engine/support/run";
import { missing } from "../../../support/missing";

const root = join(__dirname, "..", "..", "..");
const prod = parseConfig(
  readStackFile(readFileSync(join(root, "fixtures", "platform", "prod.yaml"), "utf8")),
  "t-prod",
);
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
};

describe("the platform's alerts", () => {
  it("name only metrics of the product's list, and every metric of the lists is used", () => {
    const used = new Set<string>();
    for (const { alert, product, expr } of alerts) {
      const plain = expr.replaceAll(/\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)/g, "");
      const names = (plain.match(/[a-z_]+/g) ?? []).filter(
        (word) => !["sum", "min", "max", "rate", "increase"].includes(word),
      );
      assert.notEqual(names.length, 0, alert);
      for (const name of names) {
        assert.ok((metrics[product].names as readonly string[]).includes(name), `${alert}: ${name}`);
        used.add(name);
      }
    }
    assert.deepEqual(
      Object.values(metrics).flatMap(({ names }) => names.filter((name) => !used.has(name))),
      [],
    );
  });

  it("leave out what the stack does not run", () => {
    const without = {
      ...prod,
      platform: { ...prod.platform, falco: "off" as const, tetragon: "off" as const },
    };
    assert.deepEqual(
      [...new Set(alertsOf(without).map(({ product }) => product))],
      ["prometheus", "cilium", "hubble"],
    );
  });

  it("have a case that fires and one that is silent each", () => {
    assert.deepEqual(
      Object.keys(series),
      alerts.map(({ alert }) => alert),
    );
  });

  it("fire and stay silent under promtool", async function () {
    try {
      execFileSync("promtool", ["--version"], { stdio: "ignore" });
    } catch {
      missing(this, "promtool (Debian package prometheus)");
    }
    const folder = mkdtempSync(join(tmpdir(), "t-rules-"));
    try {
      const of = (inputs: Record<string, string>) =>
        Object.entries(inputs).map(([name, values]) => ({ series: name, values }));
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
            input_series: of(fires),
            alert_rule_test: at([{ exp_labels, exp_annotations: { summary } }]),
          },
          { interval: "1m", input_series: of(silent), alert_rule_test: at([]) },
        ];
      });
      writeFileSync(join(folder, "rules.yaml"), stringify(ruleGroups(prod)));
      writeFileSync(
        join(folder, "tests.yaml"),
        stringify({ rule_files: ["rules.yaml"], evaluation_interval: "1m", tests }),
      );
      const result = await run("promtool", ["test", "rules", "tests.yaml"], { cwd: folder });
      assert.equal(result.code, 0, tail(result));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
