import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chartValues, valueFaults } from "../../../../components/platform/values";
import { loadChartKeys } from "../../../../components/charts";
import { checkValues, isValues, mergeValues, writePath, type ChartValues } from "../../../../lib/src/charts";
import { CHARTS, parseConfig, readStackFile, type PlatformConfig } from "../../../../lib/src/config";
import { neededCharts } from "../../../../lib/src/release";

const fixtures = join(__dirname, "..", "..", "..", "fixtures", "platform");
const stages = ["dev", "staging", "prod"] as const;

/** The whole platform of a stage, on an existing cluster or on one of ours. */
function configOf(
  stage: string,
  changes: (raw: Record<string, unknown>) => void = () => undefined,
): PlatformConfig {
  const raw = readStackFile(readFileSync(join(fixtures, `${stage}.yaml`), "utf8"));
  changes(raw);
  return parseConfig(raw, `t-${stage}`);
}

const onK3s = (raw: Record<string, unknown>): void => {
  raw.cluster = { kind: "k3s" };
  raw.nodes = [{ name: "cp-1", role: "server", driver: "libvirt", address: "198.18.61.10" }];
};

/** Keys under tables that their chart passes on as a whole, which no check can judge: every one is named here. */
const passedOn = [
  "kube-prometheus-stack crds.",
  "loki loki.compactor.",
  "loki loki.limits_config.",
  "loki loki.schemaConfig.",
  "kube-prometheus-stack alertmanager.alertmanagerSpec.storage.",
  "kube-prometheus-stack prometheus.prometheusSpec.storageSpec.",
  "vault server.affinity.",
  "vault server.extraEnvironmentVars.",
  "vault server.statefulSet.securityContext.",
  "vault injector.securityContext.",
];

describe("the values of the platform", () => {
  for (const stage of stages) {
    it(`have no key in ${stage} that a chart does not know, on any cluster`, () => {
      assert.deepEqual(valueFaults(configOf(stage)), []);
      assert.deepEqual(valueFaults(configOf(stage, onK3s)), []);
    });

    it(`catch each of their keys in ${stage} when it is renamed`, function () {
      this.timeout(120_000);
      const config = configOf(stage, onK3s);
      const missed: string[] = [];
      let caught = 0;
      for (const chart of neededCharts(config)) {
        const keys = loadChartKeys(chart);
        const values = chartValues(chart, config);
        for (const path of pathsOf(values)) {
          const found = checkValues(keys, renamed(values, path)).map((problem) => writePath(problem.path));
          if (found.includes(writePath([...path.slice(0, -1), `${path.at(-1) ?? ""}X`]))) caught += 1;
          else missed.push(`${chart} ${writePath(path)}`);
        }
      }
      const unexpected = missed.filter((key) => !passedOn.some((open) => key.startsWith(open)));
      assert.deepEqual(unexpected, []);
      assert.ok(caught > 100, `only ${String(caught)} keys could be renamed`);
    });

    it(`are the same twice in ${stage}`, () => {
      for (const chart of neededCharts(configOf(stage))) {
        assert.deepEqual(chartValues(chart, configOf(stage)), chartValues(chart, configOf(stage)));
      }
    });
  }

  it("cover every chart", () => {
    assert.deepEqual(neededCharts(configOf("prod")).sort(), [...CHARTS]);
  });

  it("hold no secret, and refuse the user's", () => {
    const values = {
      "kube-prometheus-stack": { grafana: { adminPassword: "in-clear", admin: { passwordKey: "key" } } },
    };
    assert.deepEqual(valueFaults(configOf("dev", (raw) => (raw.charts = { values }))), [
      "charts.values.kube-prometheus-stack.grafana.adminPassword: looks like a secret, and values are kept in clear; put it into a Secret and name that",
    ]);
  });

  it("have the user's on top, and those are checked with the nearest key", () => {
    const config = configOf("dev", (raw) => {
      raw.charts = { values: { falco: { tty: false, drver: { kind: "kmod" } } } };
    });
    assert.equal(chartValues("falco", config).tty, false);
    assert.deepEqual(valueFaults(config), [
      "charts.values.falco.drver: chart falco 9.1.0 has no such key; did you mean driver",
    ]);
  });
});

/** Every key below tables, outermost first. */
function pathsOf(values: ChartValues, above: readonly string[] = []): string[][] {
  return Object.entries(values).flatMap(([key, value]) => {
    const path = [...above, key];
    return [path, ...(isValues(value) ? pathsOf(value, path) : [])];
  });
}

function renamed(values: ChartValues, [key = "", ...rest]: readonly string[]): ChartValues {
  const { [key]: value, ...others } = values;
  if (rest.length === 0) return mergeValues(others, { [`${key}X`]: value });
  return { ...others, [key]: renamed(value as ChartValues, rest) };
}
