import type { K3sNodesConfig, PlatformConfig } from "@ebpf-platform/lib/config";
import { agentVersionFault, parseToken, proxyEnvironment } from "@ebpf-platform/lib/k3s";
import type { ReleaseLock } from "@ebpf-platform/lib/release";
import * as pulumi from "@pulumi/pulumi";
import type { Fleet } from "../../node/fleet";
import { joinAgent, registriesOf, type ClusterShare, type JoinTarget } from "./agents";
import { binarySource } from "./binary-source";
import { ownNetworks, type JoinOutput } from "./cluster";

export interface JoinedAgentsArgs {
  readonly config: PlatformConfig;
  readonly cluster: K3sNodesConfig & { readonly stack: string };
  readonly fleet: Fleet;
  readonly secret: (name: string) => pulumi.Output<string>;
  readonly lock: ReleaseLock | undefined;
}

/** The stack's agents in the cluster of another stack; drained and taken off it when they go. */
export class JoinedAgents extends pulumi.ComponentResource {
  constructor(name: string, args: JoinedAgentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:cluster:JoinedAgents", name, {}, opts);
    const { config, cluster, fleet, secret, lock } = args;
    const binary = binarySource(cluster, lock);
    const reference = new pulumi.StackReference(
      `${name}-stack`,
      { name: stackName(cluster.stack) },
      { parent: this },
    );
    const output = pulumi.secret(
      reference.getOutput("join").apply((value) => checkJoin(value, cluster.stack, binary.version)),
    );
    const target: JoinTarget = {
      server: output.apply(({ server }) => server),
      token: output.apply(({ token }) => token),
      kubeconfig: output.apply(({ kubeconfig }) => kubeconfig),
      // The other stack's cluster stays when these agents go.
      lifetime: {},
    };
    const share: ClusterShare = {
      cluster,
      binary,
      environment: proxyEnvironment(cluster.proxy, ownNetworks(config)),
      registries: registriesOf(cluster, secret),
    };
    for (const node of fleet.nodes.filter(({ config: { role } }) => role === "agent"))
      joinAgent(node, share, target, this);
    this.registerOutputs({});
  }
}

/** The stack's full name: a bare one is of this project. */
function stackName(stack: string): string {
  const parts = [pulumi.getOrganization(), pulumi.getProject()].slice(
    0,
    Math.max(0, 3 - stack.split("/").length),
  );
  return [...parts, stack].join("/");
}

/** The other stack's words, complete and fit for these agents. Throws one sentence, with nothing secret in it. */
export function checkJoin(value: unknown, stack: string, version: string): JoinOutput {
  const { server, token, kubeconfig, version: servers } = (value ?? {}) as Partial<JoinOutput>;
  if (server === undefined || token === undefined || kubeconfig === undefined || servers === undefined) {
    throw new pulumi.RunError(
      `Stack ${stack} has no cluster to join: it must be of cluster.kind k3s and up (platform up ${stack.split("/").at(-1) ?? stack}), and its output join is not there.`,
    );
  }
  const fault = agentVersionFault(version, servers);
  if (fault !== undefined) throw new pulumi.RunError(`The agents' k3s ${fault} (of stack ${stack}).`);
  if (parseToken(token).caHash === undefined)
    throw new pulumi.RunError(
      `Stack ${stack} gives a token that names no CA; bring it up again with this version.`,
    );
  return { server, token, kubeconfig, version: servers };
}
