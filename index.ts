import * as pulumi from "@pulumi/pulumi";
import { BpfMetrics } from "./components/bpf/bpf-metrics";
import { LsmPolicy } from "./components/bpf/lsm-policy";
import { BpfObject } from "./components/bpf/object";
import { BpfProgram } from "./components/bpf/program";
import { TrafficSplit } from "./components/bpf/traffic-split";
import { XdpGuard } from "./components/bpf/xdp-guard";
import { connectCluster } from "./components/cluster/cluster";
import { loadConfig, requireSecret } from "./components/config";
import { WebService } from "./components/lab/web-service";
import { XdpLoadBalancer } from "./components/load-balancer/xdp-load-balancer";
import { Fleet } from "./components/node/fleet";
import { Platform } from "./components/platform/platform";
import { loadRelease } from "./components/release";
import { stackOutputs } from "./components/stack-outputs";

const config = loadConfig();
const lock = loadRelease(config);
const fleet = new Fleet("fleet", { config, secret: requireSecret });

const objects = new Map<string, BpfObject>();
const attached = config.bpf.programs.map((program) => {
  const object =
    objects.get(program.source) ??
    new BpfObject(`${program.source}-object`, { source: program.source, build: config.bpf.build });
  objects.set(program.source, object);
  // The node is part of the name, so that a preview says where something changes.
  return new BpfProgram(`${program.node}-${program.name}`, {
    machine: fleet.node(program.node).machine,
    object,
    program,
  });
});

for (const guard of config.bpf.guards) {
  const { program } = new XdpGuard(`${guard.node}-${guard.name}`, {
    machine: fleet.node(guard.node).machine,
    guard,
    enforce: config.bpf.mode === "enforce",
    build: config.bpf.build,
  });
  attached.push(program);
}
for (const policy of config.bpf.lsm) {
  const { program } = new LsmPolicy(`${policy.node}-${policy.name}`, {
    machine: fleet.node(policy.node).machine,
    policy,
    mode: config.bpf.mode,
    build: config.bpf.build,
  });
  attached.push(program);
}

const balancer =
  config.loadBalancer &&
  new XdpLoadBalancer("lb", { fleet, config: config.loadBalancer, build: config.bpf.build });
if (balancer) attached.push(balancer.program);

for (const { config: node, machine } of fleet.nodes) {
  const here = attached.filter((program) => program.machine.name === node.name);
  if (config.bpf.metrics && here.length > 0)
    new BpfMetrics(`${node.name}-metrics`, { machine, metrics: config.bpf.metrics, programs: here });
  if (node.services.includes("http")) new WebService(`${node.name}-web`, { machine });
}

const cluster = connectCluster({ config, fleet, secret: requireSecret, lock });
const platform = cluster && new Platform("platform", { config, cluster, lock });

export = stackOutputs({
  stage: config.stage,
  release: config.release === "workspace" ? "workspace" : config.release.version,
  /** What the verbs of `platform` need to reach the nodes. Secret: it holds the client's private key. */
  nodes: pulumi.secret(
    fleet.nodes.map(({ config: node, machine }) => ({
      name: node.name,
      role: node.role,
      driver: node.driver,
      address: node.address,
      connection: machine.connection,
      limits: machine.limits,
    })),
  ),
  programs: attached.map((program) => ({
    name: program.program,
    node: program.machine.name,
    version: program.version,
    objectSha256: program.attachedSha256,
  })),
  /** Where a share of the traffic is given and taken; secret. */
  trafficSplit: TrafficSplit.of(config, fleet)?.place,
  loadBalancer: balancer && { node: config.loadBalancer.node, vips: balancer.vips },
  /** Secret: the admin's kubeconfig, what agents of other stacks need to join, the token that a restored snapshot needs. */
  kubeconfig: cluster?.kubeconfig,
  join: cluster?.join,
  serverToken: cluster?.serverToken,
  /** Version of each chart on the cluster, and passwords of `admin` by product; the latter secret. */
  charts: platform?.charts ?? {},
  logins: platform?.logins ?? {},
});
