import { parseCidr } from "@ebpf-platform/lib/cidr";
import type { HypervisorConfig, NetworkConfig } from "@ebpf-platform/lib/config";
import { nameServers, networkXml } from "@ebpf-platform/lib/vm/network";
import * as pulumi from "@pulumi/pulumi";
import type { NodeConnection } from "./connection";
import { connectionOf } from "./existing";
import { HostCommand } from "./host-command";
import type { CommandTarget } from "./node-command";

/** What the hypervisor answered. */
export interface HypervisorFacts {
  /** `tcg` is emulation. */
  readonly accel: "kvm" | "tcg";
  /** Why it is that. */
  readonly reason: string;
  /** As uname(1) has it. */
  readonly architecture: string;
}

/** The hypervisor of a stack: pool and network of its machines, and whether its processor runs guests. */
export class LibvirtHost extends pulumi.ComponentResource {
  readonly facts: pulumi.Output<HypervisorFacts>;
  readonly resource: pulumi.Resource;
  /** Where commands run; undefined: on this machine. */
  readonly target: CommandTarget | undefined;
  /** The jump host of connections to the machines; undefined: they are reached directly. */
  readonly jump: pulumi.Output<NodeConnection> | undefined;

  constructor(
    name: string,
    readonly config: HypervisorConfig,
    readonly network: NetworkConfig,
    secret: (name: string) => pulumi.Output<string>,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ebpf-platform:node:LibvirtHost", name, {}, opts);
    const { connection, reach } = config;
    const own = connection && connectionOf(connection, name, { secret });
    this.target = own && {
      name,
      connection: own,
      instance: pulumi.output(`${connection.host} ${connection.hostKey}`),
      lifetime: {},
    };
    this.jump = reach === "hypervisor" ? own : reach === "jump" ? own?.apply(jumpOf) : undefined;
    const cidr = parseCidr(network.cidr);
    const { bridge } = network;
    const mode = config.network;
    const dns = mode !== "bridge" && config.dns.length === 0 && nameServers(mode, [], cidr).length > 0;
    const prepared = new HostCommand(
      name,
      {
        host: this.target,
        up: "components/node/scripts/libvirt-host-up.sh",
        down: "components/node/scripts/libvirt-host-down.sh",
        args: {
          ...this.place(`hypervisor of stack ${pulumi.getStack()}`),
          accel: config.accel,
          bridge,
          network_xml: mode === "bridge" ? "" : networkXml({ bridge, cidr, mode, dns }),
        },
        identity: JSON.stringify([connection?.host, config.uri, config.folder, network.cidr, bridge]),
        timeoutSeconds: 300,
      },
      { parent: this },
    );
    this.resource = prepared.resource;
    this.facts = prepared.output.apply((facts) => this.known(facts as unknown as HypervisorFacts));
    this.registerOutputs({ facts: this.facts });
  }

  /** Variables that every script of the driver has. */
  place(subject: string): Record<string, string> {
    return { subject, stack: pulumi.getStack(), uri: this.config.uri, folder: this.config.folder };
  }

  private known(facts: HypervisorFacts): HypervisorFacts {
    if (this.config.accel === "auto" && facts.accel === "tcg") {
      const text = `The machines of stack ${pulumi.getStack()} are emulated, because ${facts.reason}; expect ten and more times slower ones.`;
      void pulumi.log.warn(text, this);
    }
    return facts;
  }
}

/** The config check sees to it that there is one. */
function jumpOf({ proxy }: NodeConnection): NodeConnection {
  if (!proxy) throw new pulumi.RunError("hypervisor.reach is jump, and hypervisor.connection has no proxy.");
  return proxy;
}
