import type { K3sServersConfig, PlatformConfig } from "@ebpf-platform/lib/config";
import {
  API_PORT,
  proxyEnvironment,
  secureToken,
  SERVER_DIR,
  SERVICE_CIDR,
  splitLabels,
} from "@ebpf-platform/lib/k3s";
import type { ReleaseLock } from "@ebpf-platform/lib/release";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Fleet, FleetNode } from "../../node/fleet";
import type { Cluster } from "../cluster";
import { AdminKubeconfig } from "./admin";
import { joinAgent, kubeletOf, registriesOf, withBinary, type ClusterShare, type JoinTarget } from "./agents";
import { binarySource } from "./binary-source";
import { ClusterMember, FormerNode, type MemberArgs } from "./members";
import { K3sServer } from "./server";

export interface K3sClusterArgs {
  readonly config: PlatformConfig;
  readonly cluster: K3sServersConfig;
  readonly fleet: Fleet;
  readonly secret: (name: string) => pulumi.Output<string>;
  /** Undefined for `release: workspace`. */
  readonly lock: ReleaseLock | undefined;
}

/** What a stack tells those whose agents join its cluster. Secret. */
export interface JoinOutput {
  readonly server: string;
  readonly version: string;
  /** The agents' token in its secure form. */
  readonly token: string;
  readonly kubeconfig: string;
}

/** k3s on the stack's nodes: servers one after the other, then the agents. */
export class K3sCluster extends pulumi.ComponentResource implements Cluster {
  readonly provider: kubernetes.Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly join: pulumi.Output<JoinOutput>;
  /** The server's token, without which no snapshot can be restored. Secret. */
  readonly serverToken: pulumi.Output<string>;

  constructor(name: string, args: K3sClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:cluster:K3sCluster", name, {}, opts);
    const { config, cluster, fleet, secret, lock } = args;
    const [first, ...others] = fleet.nodes.filter(({ config: node }) => node.role === "server");
    if (!first) throw new Error("The config was checked: a cluster of kind k3s has a server.");
    const share: ClusterShare = {
      cluster,
      binary: binarySource(cluster, lock),
      environment: proxyEnvironment(cluster.proxy, ownNetworks(config)),
      registries: registriesOf(cluster, secret),
    };
    const protect = config.stage === "prod";
    const password = (of: string): pulumi.Output<string> =>
      new random.RandomPassword(`${of}-token`, { length: 40, special: false }, { parent: this, protect })
        .result;
    this.serverToken = pulumi.secret(password("server"));
    const agentToken = pulumi.secret(password("agent"));
    const server = (
      node: FleetNode,
      join?: { after: readonly pulumi.Resource[]; token: pulumi.Output<string> },
    ) => this.server(node, { args, share, agentToken, others: others.length > 0, ...join });

    const head = server(first);
    const url = `https://${first.config.address}:${String(API_PORT)}`;
    const admin = new AdminKubeconfig(
      `${name}-admin`,
      { machine: first.machine, server: url, name: `ebpf-platform-${config.stack}` },
      { parent: this, dependsOn: head.ready, ...first.machine.lifetime },
    );
    this.kubeconfig = pulumi.secret(admin.kubeconfig);
    const target: JoinTarget = {
      server: url,
      token: secure(head.caHash, "node", agentToken),
      kubeconfig: this.kubeconfig,
      lifetime: first.machine.lifetime,
    };
    const serverToken = secure(head.caHash, "server", this.serverToken);
    let last: pulumi.Resource = head.ready;
    for (const node of others) {
      const member = memberOf(node, share, target);
      const former = new FormerNode(`${node.machine.name}-former`, member, {
        parent: this,
        ...target.lifetime,
      });
      // One after the other: a majority of them keeps the datastore while one starts.
      const joined = server(node, { after: [former, last], token: serverToken });
      last = new ClusterMember(`${node.machine.name}-member`, member, {
        parent: this,
        dependsOn: joined.ready,
        ...target.lifetime,
      });
    }
    for (const node of fleet.nodes.filter(({ config: { role } }) => role === "agent"))
      joinAgent(node, share, target, this);

    this.provider = new kubernetes.Provider(
      name,
      { kubeconfig: this.kubeconfig, clusterIdentifier: pulumi.getStack(), enableServerSideApply: true },
      { parent: this },
    );
    this.join = pulumi.secret(
      pulumi
        .all([target.token, this.kubeconfig])
        .apply(([token, kubeconfig]) => ({ server: url, version: share.binary.version, token, kubeconfig })),
    );
    this.registerOutputs({});
  }

  private server(
    node: FleetNode,
    given: {
      args: K3sClusterArgs;
      share: ClusterShare;
      agentToken: pulumi.Output<string>;
      others: boolean;
      after?: readonly pulumi.Resource[];
      token?: pulumi.Output<string>;
    },
  ): K3sServer {
    const { args, share, agentToken, others, after = [], token } = given;
    const { config, cluster, fleet, secret } = args;
    const first = fleet.nodes.find(({ config: { role } }) => role === "server");
    const joins = token !== undefined && first !== undefined;
    return new K3sServer(
      `k3s-${node.machine.name}`,
      {
        machine: withBinary(node, share, after, this),
        settings: {
          ...{ name: node.machine.name, address: node.config.address, kubelet: kubeletOf(cluster) },
          ...{
            labels: splitLabels(node.config.labels).self,
            taints: node.config.taints,
            settings: cluster.settings,
          },
          datastore: others ? "etcd" : "sqlite",
          join: joins ? `https://${first.config.address}:${String(API_PORT)}` : undefined,
          tlsSans: cluster.tlsSans,
          podCidr: config.cilium?.podCidr ?? "10.42.0.0/16",
        },
        binary: share.binary,
        token: token ?? this.serverToken,
        agentToken,
        registries: share.registries,
        environment: share.environment,
        // Cilium and what k3s brings; every other namespace carries its own level.
        exempt: ["kube-system"],
        authorities: Object.fromEntries(
          Object.entries(cluster.authorities).map(([file, entry]) => [
            `${SERVER_DIR}/tls/${file}`,
            { mode: "0600", content: secret(entry), once: true as const },
          ]),
        ),
      },
      { parent: this },
    );
  }
}

/** A server is labelled by k3s itself. */
function memberOf(
  { config, machine }: FleetNode,
  { cluster }: ClusterShare,
  { kubeconfig }: JoinTarget,
): MemberArgs {
  const labels = splitLabels(config.labels).api;
  return { kubeconfig, machine, labels, taints: config.taints, drain: cluster.drain };
}

function secure(
  caHash: pulumi.Output<string>,
  user: "server" | "node",
  password: pulumi.Output<string>,
): pulumi.Output<string> {
  return pulumi.secret(pulumi.all([caHash, password]).apply(([hash, word]) => secureToken(hash, user, word)));
}

/** What never goes through a proxy. */
export function ownNetworks({ network, cilium }: PlatformConfig): string[] {
  return [network.cidr, cilium?.podCidr ?? "10.42.0.0/16", SERVICE_CIDR];
}
