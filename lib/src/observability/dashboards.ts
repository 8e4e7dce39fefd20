import type { PlatformConfig } from "../config";
import type { Dashboard } from "./dashboard";
import { bpfDashboard } from "./dashboards/bpf";
import { clusterDashboard } from "./dashboards/cluster";
import { hubbleDashboard } from "./dashboards/hubble";
import { rolloutDashboard } from "./dashboards/rollout";
import { securityDashboard } from "./dashboards/security";
import { runs } from "./product";

const dashboards: readonly Dashboard[] = [
  clusterDashboard,
  hubbleDashboard,
  bpfDashboard,
  securityDashboard,
  rolloutDashboard,
];

/** The dashboards of a stack, with the rows about what it runs; one without any row is left out. */
export function dashboardsOf(config: PlatformConfig): Dashboard[] {
  return dashboards
    .map((each) => ({ ...each, rows: each.rows.filter(({ product }) => runs(product, config)) }))
    .filter(({ rows }) => rows.length > 0);
}
