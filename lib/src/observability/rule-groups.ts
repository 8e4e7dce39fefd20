import type { PlatformConfig } from "../config";
import { alertsOf } from "./alerts";
import { recordingRulesOf } from "./recording-rules";

/** Recording rules and alerts of a stack as `spec` of a PrometheusRule. Series come before the alerts that read them. */
export function ruleGroups(config: PlatformConfig) {
  const records = recordingRulesOf(config).map(({ record, expr }) => ({ record, expr }));
  const alerts = alertsOf(config).map(({ alert, expr, for: lasting, severity, summary }) => ({
    alert,
    expr,
    for: lasting,
    labels: { severity },
    annotations: { summary },
  }));
  return {
    groups: [
      ...(records.length > 0 ? [{ name: "platform-series", rules: records }] : []),
      { name: "platform", rules: alerts },
    ],
  };
}
