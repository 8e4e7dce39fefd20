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
  secrets: [],
  privilegedNamespaces: ["kube-system", "falco"],
  clusterAdmins: [],
  agents,
};
