/** k3s as content: what stands in its files, and which versions and tokens go together. No Pulumi, no node. */
export * from "./k3s/binary";
export * from "./k3s/data-plane";
export * from "./k3s/hardening";
export * from "./k3s/kubeconfig";
export * from "./k3s/labels";
export * from "./k3s/node-config";
export * from "./k3s/registries";
export * from "./k3s/restore-plan";
export * from "./k3s/token";
export * from "./k3s/upgrade-plan";
export * from "./k3s/version";
export { AGENT_KEYS, isAgentKey, LIST_KEYS, SERVER_KEYS } from "./k3s/accepted-keys";
