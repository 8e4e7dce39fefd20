import type { PlatformConfig, TrafficSplitConfig } from "@ebpf-platform/lib/config";
import { vipAddress } from "@ebpf-platform/lib/lb-maps";
import * as pulumi from "@pulumi/pulumi";
import { PROGRAM, type VipOutput } from "../load-balancer/xdp-load-balancer";
import type { NodeConnection } from "../node/connection";
import type { Fleet } from "../node/fleet";
import { NodeCommand } from "../node/node-command";
import { lazyProvider } from "./lazy-provider";
import { BpfObject } from "./object";
import { SCHEMA_VERSION } from "./provider/inputs";

export interface TrafficSplitArgs {
  readonly config: TrafficSplitConfig;
  /** The candidates' machines, those of this stack. */
  readonly fleet: Fleet;
}

/** What a stack says of itself (index.ts) and a split needs. */
interface NodeOutput {
  readonly name: string;
  readonly connection: NodeConnection;
}
interface BalancerOutput {
  readonly node: string;
  readonly vips: readonly VipOutput[];
}

const provider = lazyProvider("splitProvider");

class SplitPlace extends pulumi.dynamic.Resource {
  constructor(name: string, inputs: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    super(
      provider,
      name,
      { schemaVersion: SCHEMA_VERSION, status: "in place", ...inputs },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["connection"] }),
      "bpf",
      "Split",
    );
  }
}

/**
 * A share of another stack's traffic for this stack's candidate. It is made empty and stays so until a rollout gives it
 * a dose with a lease (docs/rollout.md); deleting it gives all traffic back. The node it is on belongs to the other
 * stack, which neither reads nor writes it.
 */
export class TrafficSplit extends pulumi.ComponentResource {
  /** Where a dose is set: node, how to reach it, and the target of the loader's verb `split`. */
  readonly place: pulumi.Output<{ node: string; target: string; connection: NodeConnection }>;

  constructor(name: string, { config, fleet }: TrafficSplitArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:bpf:TrafficSplit", name, {}, opts);
    const other = new pulumi.StackReference(`${name}-of`, { name: fullName(config.stack) }, { parent: this });
    const nodes = other.requireOutput("nodes") as pulumi.Output<NodeOutput[]>;
    const where =
      config.by === "program"
        ? pulumi.output({ node: config.node, target: config.program })
        : other.requireOutput("loadBalancer").apply((found) => vipPlace(config, found as BalancerOutput));
    this.place = pulumi.secret(
      pulumi.all([where, nodes]).apply(([{ node, target }, all]) => {
        const found = all.find((one) => one.name === node);
        if (!found)
          throw new pulumi.RunError(
            `trafficSplit names node ${node}, which stack ${config.stack} does not have; correct the key trafficSplit.`,
          );
        return { node, target, connection: found.connection };
      }),
    );
    const candidates = config.by === "backend" ? this.receive(name, config.vip, fleet) : [];
    new SplitPlace(
      `${name}-place`,
      {
        node: pulumi.unsecret(this.place.node),
        target: pulumi.unsecret(this.place.target),
        connection: this.place.connection,
        ...(config.by === "program" && { candidate: candidateOf(name, config, this) }),
      },
      // With the split gone first, no packet meets a candidate that no longer holds the address.
      { parent: this, dependsOn: candidates },
    );
    this.registerOutputs({ place: this.place });
  }

  /** The split that a config asks for; undefined without one. */
  static of({ trafficSplit }: PlatformConfig, fleet: Fleet): TrafficSplit | undefined {
    return trafficSplit && new TrafficSplit("split", { config: trafficSplit, fleet });
  }

  /** The candidates hold the VIP, as the other stack's backends do. */
  private receive(name: string, vip: string, fleet: Fleet): NodeCommand[] {
    return fleet.nodes.map(
      ({ config: node, machine }) =>
        new NodeCommand(
          `${name}-vip-${node.name}`,
          {
            machine,
            script: "components/load-balancer/scripts/vip-up.sh",
            args: { VIPS: vipAddress(vip), DEVICE: "lo" },
            kind: { undo: "components/load-balancer/scripts/vip-down.sh" },
            timeoutSeconds: 60,
          },
          { parent: this },
        ),
    );
  }
}

function vipPlace(
  config: Extract<TrafficSplitConfig, { by: "backend" }>,
  balancer: BalancerOutput,
): { node: string; target: string } {
  const vip = balancer.vips.find((one) => one.vip === config.vip);
  const candidates = vip?.backends.filter(({ candidate }) => candidate) ?? [];
  if (!vip || candidates.length === 0)
    throw new pulumi.RunError(
      `trafficSplit names the VIP ${config.vip}, and stack ${config.stack} has ${vip ? "no candidate backends for it; mark one with candidate: true there" : `only ${balancer.vips.map((one) => one.vip).join(", ")}; correct the key trafficSplit`}.`,
    );
  return { node: balancer.node, target: `${PROGRAM}/${String(vip.index)}` };
}

function candidateOf(
  name: string,
  config: Extract<TrafficSplitConfig, { by: "program" }>,
  parent: pulumi.Resource,
): object {
  const { source, interface: on, slot } = config;
  const object = new BpfObject(`${name}-${source}-object`, { source }, { parent });
  return {
    source,
    objectSha256: object.sha256,
    attach: { hook: "xdp", interface: on, slot, mode: "native" },
  };
}

/** A stack's full name: where it has none of its own, organization and project are ours. */
function fullName(stack: string): string {
  const missing = [pulumi.getOrganization(), pulumi.getProject()];
  return [...missing.slice(0, 3 - stack.split("/").length), stack].join("/");
}
