/** Namespace of the project's config keys. */
export const CONFIG_NAMESPACE = "ebpf-platform";

/** The top-level keys with the type under which Pulumi.yaml declares each. */
export const CONFIG_KEYS = {
  stage: "string",
  release: "string",
  network: "object",
  ssh: "object",
  nodes: "array",
  hypervisor: "object",
  preparation: "object",
  bpf: "object",
  loadBalancer: "object",
  trafficSplit: "object",
  cluster: "object",
  platform: "object",
  cilium: "object",
  tetragon: "object",
  charts: "object",
  gitops: "object",
  alerting: "object",
  secrets: "object",
} as const;
export type ConfigKey = keyof typeof CONFIG_KEYS;

/** Whether a text is one of the keys. */
export function isConfigKey(text: string): text is ConfigKey {
  return Object.hasOwn(CONFIG_KEYS, text);
}
