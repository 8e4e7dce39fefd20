/** What is watched: alerts, recording rules, dashboards and where alerts go, as typed data. */
export { alertsOf, type Alert } from "./observability/alerts";
export { alertmanagerConfig, receiverNames } from "./observability/alert-routes";
export { dashboardsOf } from "./observability/dashboards";
export type { Dashboard, Panel, Unit } from "./observability/dashboard";
export { grafanaDashboard } from "./observability/grafana";
export { recordingRulesOf, type RecordingRule } from "./observability/recording-rules";
export { ruleGroups } from "./observability/rule-groups";
