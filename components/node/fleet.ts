import type { NodeConfig, PlatformConfig } from "@ebpf-platform/lib/config";
import { preparationPlan } from "@ebpf-platform/lib/node-preparation";
import * as pulumi from "@pulumi/pulumi";
import { keyPair } from "./keys";
import { LibvirtHost } from "./libvirt-host";
import { createMachine, type Machine, type MachineContext } from "./machine";

/** One machine of the stack with what the config says of it. */
export interface FleetNode {
  readonly config: NodeConfig;
  readonly machine: Machine;
}

/** All machines of a stack, and the one client key that opens those which their driver makes. */
export class Fleet extends pulumi.ComponentResource {
  /** In declared order. */
  readonly nodes: readonly FleetNode[];

  constructor(
    name: string,
    { config, secret }: { config: PlatformConfig; secret: (name: string) => pulumi.Output<string> },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ebpf-platform:node:Fleet", name, {}, opts);
    const clientKey = keyPair("client-key", { parent: this });
    const { network, ssh, hypervisor } = config;
    let prepared: LibvirtHost | undefined;
    const context: MachineContext = {
      ...{ network, ssh, clientKey, secret },
      libvirtHost: () =>
        (prepared ??= new LibvirtHost("hypervisor", hypervisor, network, secret, { parent: this })),
      hypervisorFolder: hypervisor.folder,
      protect: config.stage === "prod",
      preparation: (node) => preparationPlan(config, node),
    };
    this.nodes = config.nodes.map((node) => ({
      config: node,
      machine: createMachine(node, context, { parent: this }),
    }));
    this.registerOutputs({ names: this.nodes.map(({ config: node }) => node.name) });
  }

  /** The node of that name. The config was checked, so an unknown name is an error of ours. */
  node(name: string): FleetNode {
    const found = this.nodes.find(({ config }) => config.name === name);
    if (!found) throw new Error(`No node named ${name} is in the fleet of stack ${pulumi.getStack()}.`);
    return found;
  }
}
