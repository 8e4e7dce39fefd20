import type { K3sNodesConfig } from "@ebpf-platform/lib/config";
import {
  isAgentKey,
  registriesFile,
  splitLabels,
  WORKER_LABEL,
  type KubeletSettings,
} from "@ebpf-platform/lib/k3s";
import * as pulumi from "@pulumi/pulumi";
import type { FleetNode } from "../../node/fleet";
import type { CommandTarget } from "../../node/node-command";
import { K3sAgent } from "./agent";
import { StagedBinary, type BinarySource } from "./binary-source";
import { ClusterMember, FormerNode, type MemberArgs } from "./members";

/** What all nodes of one cluster share. */
export interface ClusterShare {
  readonly cluster: K3sNodesConfig;
  readonly binary: BinarySource;
  readonly environment: string;
  /** Content of registries.yaml; undefined where there is none. */
  readonly registries: pulumi.Output<string> | undefined;
}

export interface JoinTarget {
  /** `https://host:6443`. */
  readonly server: pulumi.Input<string>;
  /** Secure form of the agents' token. Secret. */
  readonly token: pulumi.Output<string>;
  /** Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** The cluster goes with the stack, so that nobody has to be taken off it first. */
  readonly lifetime: Pick<pulumi.CustomResourceOptions, "deletedWith">;
}

export function kubeletOf({ maxPids, shutdownSeconds }: K3sNodesConfig): KubeletSettings {
  // A third for critical pods, as the kubelet's documentation has it.
  return { maxPids, shutdownSeconds, criticalSeconds: Math.floor(shutdownSeconds / 3) };
}

/** registries.yaml with its passwords; undefined where nothing is said of registries. */
export function registriesOf(
  { registries }: K3sNodesConfig,
  secret: (name: string) => pulumi.Output<string>,
): pulumi.Output<string> | undefined {
  if (registriesFile(registries, {}) === undefined) return undefined;
  const names = [...new Set(Object.values(registries.logins).map(({ passwordSecret }) => passwordSecret))];
  return pulumi.secret(
    pulumi
      .all(names.map((name) => secret(name)))
      .apply(
        (found) =>
          registriesFile(
            registries,
            Object.fromEntries(names.map((name, index) => [name, found[index] ?? ""])),
          ) ?? "",
      ),
  );
}

/** The machine with its binary staged where that comes from here. */
export function withBinary(
  { machine }: FleetNode,
  { binary }: ClusterShare,
  after: readonly pulumi.Resource[],
  parent: pulumi.Resource,
): CommandTarget {
  const { name, connection, instance, lifetime, ready } = machine;
  const target = { name, connection, instance, lifetime };
  const before = [ready, ...after];
  const staged =
    binary.file === undefined
      ? []
      : [
          new StagedBinary(
            `${name}-k3s-binary`,
            { machine: target, source: binary.file, sha256: binary.sha256 },
            { parent, dependsOn: ready, ...lifetime },
          ),
        ];
  return { ...target, ready: [...before, ...staged] };
}

/** One agent: what a former machine left goes, it joins, and is labelled; delete drains it first. */
export function joinAgent(
  node: FleetNode,
  share: ClusterShare,
  target: JoinTarget,
  parent: pulumi.Resource,
): ClusterMember {
  const { config, machine } = node;
  const { self, api } = splitLabels(config.labels);
  const member: MemberArgs = {
    kubeconfig: target.kubeconfig,
    machine,
    labels: { [WORKER_LABEL]: "true", ...api },
    taints: config.taints,
    drain: share.cluster.drain,
  };
  const former = new FormerNode(`${machine.name}-former`, member, { parent, ...target.lifetime });
  const agent = new K3sAgent(
    `k3s-${machine.name}`,
    {
      machine: withBinary(node, share, [former], parent),
      settings: {
        ...{ name: machine.name, address: config.address, kubelet: kubeletOf(share.cluster) },
        ...{ labels: self, taints: config.taints, settings: agentSettings(share.cluster) },
      },
      server: target.server,
      binary: share.binary,
      token: target.token,
      registries: share.registries,
      environment: share.environment,
    },
    { parent },
  );
  return new ClusterMember(`${machine.name}-member`, member, {
    parent,
    dependsOn: agent.ready,
    deleteBeforeReplace: true,
    ...target.lifetime,
  });
}

/** Of the settings for all nodes, those that an agent knows. */
function agentSettings({ settings }: K3sNodesConfig): K3sNodesConfig["settings"] {
  return Object.fromEntries(Object.entries(settings).filter(([key]) => isAgentKey(key)));
}
