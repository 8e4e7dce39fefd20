import { stringify } from "yaml";
import { ciliumDataPlane } from "./data-plane";
import {
  apiServerArguments,
  controllerManagerArguments,
  kubeletArguments,
  type KubeletSettings,
} from "./hardening";

export const CONFIG_DIR = "/etc/rancher/k3s";
export const CONFIG_FILE = `${CONFIG_DIR}/config.yaml`;
export const TOKEN_FILE = `${CONFIG_DIR}/token`;
export const AGENT_TOKEN_FILE = `${CONFIG_DIR}/agent-token`;
export const REGISTRIES_FILE = `${CONFIG_DIR}/registries.yaml`;
/** Port of the API server and of the join. */
export const API_PORT = 6443;

/** The content of config.yaml: a flag's long name and its value. */
export type K3sSettings = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** What a server and an agent have in common. */
interface NodeSettings {
  readonly name: string;
  /** IPv4 address in the node network. */
  readonly address: string;
  readonly kubelet: KubeletSettings;
  /** Labels that a kubelet may give itself: none of kubernetes.io but those that it allows. */
  readonly labels: Readonly<Record<string, string>>;
  /** `key=value:effect`, given when the node registers. */
  readonly taints: readonly string[];
  /** Keys of config.yaml on top of ours. */
  readonly settings: K3sSettings;
}

export interface ServerSettings extends NodeSettings {
  /** Embedded etcd where there is or will be more than one server, SQLite for one. */
  readonly datastore: "etcd" | "sqlite";
  /** A server that is there already, `https://host:6443`; undefined for the first. */
  readonly join: string | undefined;
  /** Names and addresses beside its own under which the API server is reached. */
  readonly tlsSans: readonly string[];
  readonly podCidr: string;
}

export interface AgentSettings extends NodeSettings {
  /** `https://host:6443`. */
  readonly server: string;
}

/** A server's config.yaml: hardened, and with nothing that Cilium does. */
export function serverConfig(server: ServerSettings): K3sSettings {
  const { datastore, join, tlsSans, address, podCidr } = server;
  return withSettings(
    {
      ...nodeConfig(server),
      ...ciliumDataPlane(podCidr).k3s,
      ...(join === undefined ? {} : { server: join }),
      ...(datastore === "etcd" && join === undefined ? { "cluster-init": true } : {}),
      "agent-token-file": AGENT_TOKEN_FILE,
      "advertise-address": address,
      "tls-san": [...new Set([address, ...tlsSans])],
      // As text: YAML reads 0600 as a number.
      "write-kubeconfig-mode": "0600",
      "secrets-encryption": true,
      "kube-apiserver-arg": apiServerArguments(),
      "kube-controller-manager-arg": controllerManagerArguments(),
    },
    server.settings,
  );
}

/** An agent's config.yaml. */
export function agentConfig(agent: AgentSettings): K3sSettings {
  return withSettings({ ...nodeConfig(agent), server: agent.server }, agent.settings);
}

function nodeConfig({
  name,
  address,
  kubelet,
  labels,
  taints,
}: NodeSettings): Record<string, string | boolean | readonly string[]> {
  return {
    "node-name": name,
    "node-ip": [address],
    "token-file": TOKEN_FILE,
    "protect-kernel-defaults": true,
    "kubelet-arg": kubeletArguments(kubelet),
    ...(Object.keys(labels).length === 0
      ? {}
      : { "node-label": Object.entries(labels).map(([key, value]) => `${key}=${value}`) }),
    ...(taints.length === 0 ? {} : { "node-taint": [...taints] }),
  };
}

/** A user's lists come after ours: k3s hands the flags on in order, and the last of two equal ones holds. */
function withSettings(ours: K3sSettings, theirs: K3sSettings): K3sSettings {
  const merged: Record<string, string | number | boolean | readonly string[]> = { ...ours };
  for (const [key, value] of Object.entries(theirs)) {
    const own = merged[key];
    merged[key] =
      Array.isArray(own) && Array.isArray(value) ? [...(own as string[]), ...(value as string[])] : value;
  }
  return merged;
}

/** The text of config.yaml: sorted, so that the same settings are the same bytes. */
export function renderConfig(config: K3sSettings): string {
  return stringify(config, { sortMapEntries: true, lineWidth: 0 });
}
