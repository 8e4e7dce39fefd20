import {
  checkValues,
  mergeValues,
  secretValues,
  writePath,
  type ChartValues,
} from "@ebpf-platform/lib/charts";
import type { ChartName, PlatformConfig } from "@ebpf-platform/lib/config";
import { neededCharts } from "@ebpf-platform/lib/release";
import { loadChartKeys } from "../charts";
import { argocdValues } from "../gitops/argocd/values";
import { ciliumValues } from "../network/cilium/values";
import { fluentBitValues, lokiValues } from "../observability/logging/values";
import { monitoringValues, operatorCrdsValues } from "../observability/monitoring/values";
import { tempoValues } from "../observability/tracing/values";
import { externalSecretsValues } from "../secrets/external-secrets/values";
import { vaultValues } from "../secrets/vault/values";
import { falcoValues } from "../security/falco/values";
import { gatekeeperValues } from "../security/gatekeeper/values";
import { tetragonValues } from "../security/tetragon/values";

/** Our values of each chart, by the stack's config alone. */
const ours: Readonly<Record<ChartName, (config: PlatformConfig) => ChartValues>> = {
  "argo-cd": argocdValues,
  cilium: ciliumValues,
  "external-secrets": externalSecretsValues,
  falco: falcoValues,
  "fluent-bit": fluentBitValues,
  gatekeeper: gatekeeperValues,
  "kube-prometheus-stack": monitoringValues,
  loki: lokiValues,
  "prometheus-operator-crds": operatorCrdsValues,
  tempo: tempoValues,
  tetragon: tetragonValues,
  vault: vaultValues,
};

/** Values of a chart as they go into its release: ours, then those of `charts.values`. */
export function chartValues(chart: ChartName, config: PlatformConfig): ChartValues {
  return mergeValues(ours[chart](config), config.charts.values[chart] ?? {});
}

/** What is wrong with the stack's values, one sentence each: keys that their chart does not know, and secrets in clear. */
export function valueFaults(config: PlatformConfig): string[] {
  return neededCharts(config).flatMap((chart) => {
    const values = chartValues(chart, config);
    return [
      ...checkValues(loadChartKeys(chart), values).map(
        ({ path, fix }) => `charts.values.${chart}.${writePath(path)}: ${fix}`,
      ),
      ...secretValues(values).map(
        (path) =>
          `charts.values.${chart}.${path}: looks like a secret, and values are kept in clear; put it into a Secret and name that`,
      ),
    ];
  });
}
