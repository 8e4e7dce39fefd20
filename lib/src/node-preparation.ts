/** How a node is prepared for BPF and Kubernetes: what is wanted, what is found, what is to do. */
export { buildPackages, KNOWN_DISTRIBUTIONS, type Distribution } from "./node/build-packages";
export { KERNEL_FEATURES, KERNEL_OPTIONS, missingOptionLine, missingOptions } from "./node/kernel-options";
export { parseFacts, type PreparationFacts } from "./node/preparation-facts";
export { preparationPlan, type PreparationPlan } from "./node/preparation-plan";
export {
  dropInDigest,
  lsmLine,
  packagesOf,
  PREPARED,
  preparationReport,
  preparationStatus,
  refusals,
} from "./node/preparation-state";
export { BPF_SYSCTLS, CIS_SYSCTLS, KUBELET_SYSCTLS, renderSysctls, type Sysctls } from "./node/sysctls";
