import { agents } from "./agents";
import { chartRepositories, registries } from "./registries";
import type { AllowLists } from "./stage-policy";

/** What every stage allows. A stage may drop entries, never add what the stage before it does not have. */
export const shared: AllowLists = {
  rootHosts: [],
  registries,
  chartRepositories,
  tokenUsers: agents.map((agent) => agent.object),
  exposedServices: [],
  // Drawn or signed by the program, because charts would draw anew in every render; secret in the state.
  secrets: ["monitoring/grafana-admin", "vault/vault-tls"],
  privilegedNamespaces: ["kube-system", "falco", "node-agents"],
  clusterAdmins: [],
  agents,
};
