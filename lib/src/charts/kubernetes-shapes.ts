import type { KeyNode, KeyTable } from "./key-tree";

/**
 * Keys that charts pass on to a pod as they are. Their default is mostly an empty table, which would let any slip
 * through, and their shape is Kubernetes' own (core/v1 of 1.34). Only names that mean the same in every chart.
 */
const amounts: KeyTable = { cpu: "scalar", memory: "scalar", "ephemeral-storage": "scalar" };
const container: KeyTable = {
  allowPrivilegeEscalation: "scalar",
  appArmorProfile: "any",
  capabilities: { add: "list", drop: "list" },
  privileged: "scalar",
  procMount: "scalar",
  readOnlyRootFilesystem: "scalar",
  runAsGroup: "scalar",
  runAsNonRoot: "scalar",
  runAsUser: "scalar",
  seLinuxOptions: "any",
  seccompProfile: { type: "scalar", localhostProfile: "scalar" },
  windowsOptions: "any",
};
const pod: KeyTable = {
  fsGroup: "scalar",
  fsGroupChangePolicy: "scalar",
  supplementalGroups: "list",
  supplementalGroupsPolicy: "scalar",
  sysctls: "list",
};
const security: KeyTable = { ...container, ...pod };

const shapes: Readonly<Record<string, KeyNode>> = {
  resources: { limits: amounts, requests: amounts, claims: "list" },
  securityContext: security,
  containerSecurityContext: container,
  podSecurityContext: security,
  affinity: { nodeAffinity: "any", podAffinity: "any", podAntiAffinity: "any" },
};

/** The shape of a key whose chart leaves it open. */
export function kubernetesShape(key: string): KeyNode | undefined {
  return Object.hasOwn(shapes, key) ? shapes[key] : undefined;
}
