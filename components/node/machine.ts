import type { NetworkConfig, NodeConfig, SshConfig } from "@ebpf-platform/lib/config";
import type { PreparationPlan } from "@ebpf-platform/lib/node-preparation";
import * as pulumi from "@pulumi/pulumi";
import type { NodeConnection } from "./connection";
import { existingMachine } from "./existing";
import type { KeyPair } from "./keys";
import { libvirtMachine } from "./libvirt";
import type { LibvirtHost } from "./libvirt-host";
import { multipassMachine } from "./multipass";
import { NodeCommand } from "./node-command";
import { nspawnMachine } from "./nspawn";
import { NodePreparation } from "./preparation";

/** What the machines of one stack share. */
export interface MachineContext {
  readonly network: NetworkConfig;
  readonly ssh: SshConfig;
  /** The key that logs in on machines whose driver makes them. */
  readonly clientKey: KeyPair;
  /** An entry of the encrypted config key `secrets`, for machines that are there already. */
  readonly secret: (name: string) => pulumi.Output<string>;
  /** The stack's hypervisor, prepared when the first machine asks for it. */
  readonly libvirtHost: () => LibvirtHost;
  /** Where drivers of virtual machines keep images and records. */
  readonly hypervisorFolder: string;
  /** Whether virtual machines, and the disks with them, are protected from deletion. */
  readonly protect: boolean;
  /** How a node is made ready; undefined where it is left as it is. Default: none is prepared. */
  readonly preparation?: (node: NodeConfig) => PreparationPlan | undefined;
}

/** What a driver gives for a machine. */
export interface DrivenMachine {
  readonly connection: pulumi.Output<NodeConnection>;
  /** Another value for another machine under the same name. */
  readonly instance: pulumi.Output<string>;
  /** Another value after a restart by the driver: what waits for the machine waits again. */
  readonly boots?: pulumi.Output<string>;
  /** The resource that is the machine; undefined when the machine outlives the stack. */
  readonly resource: pulumi.Resource | undefined;
}

/** A node, whatever its driver: an address, a way in, and the moment from which it can be used. */
export class Machine extends pulumi.ComponentResource {
  readonly address: pulumi.Output<string>;
  /** Secret: it holds the private key. */
  readonly connection: pulumi.Output<NodeConnection>;
  readonly instance: pulumi.Output<string>;
  /** Booted, systemd up, SSH answering with the pinned key, runner in place, prepared where the config asks for it. */
  readonly ready: pulumi.Resource;
  /** Facts of the running node: kernel, architecture, systemd, failedUnits, btf, bpffs, cgroup2. */
  readonly facts: pulumi.Output<Record<string, unknown>>;
  /** What the node's preparation could not set or found missing, one sentence each. */
  readonly limits: pulumi.Output<readonly string[]>;
  /** The machine itself; for a machine that outlives the stack, this component. */
  readonly resource: pulumi.Resource;
  /**
   * Spread it into the options of what lives on the machine: `deletedWith` where the machine goes with the stack, nothing
   * where it stays and has to be cleaned.
   */
  readonly lifetime: Pick<pulumi.CustomResourceOptions, "deletedWith">;

  constructor(
    readonly name: string,
    config: NodeConfig,
    context: MachineContext,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    super("ebpf-platform:node:Machine", name, {}, opts);
    const driven = drive(config, context, this);
    this.address = pulumi.output(config.address);
    this.connection = pulumi.secret(driven.connection);
    this.instance = driven.instance;
    this.resource = driven.resource ?? this;
    this.lifetime = driven.resource ? { deletedWith: driven.resource } : {};
    const { connection, instance, lifetime } = this;
    const ready = new NodeCommand(
      `${name}-ready`,
      {
        machine: { name, connection, instance, lifetime },
        script: "components/node/scripts/ready.sh",
        ...(driven.boots && { args: { boots: driven.boots } }),
        kind: "declarative",
        // cloud-init may be installing packages.
        timeoutSeconds: driven.boots ? 1200 : 300,
        // A machine may be booting: about three minutes of refused dials, five for a virtual one.
        dial: { errors: driven.boots ? 66 : 40, seconds: 10 },
      },
      { parent: this, ...(driven.resource ? { dependsOn: driven.resource } : {}) },
    );
    const plan = context.preparation?.(config);
    const prepared =
      plan &&
      new NodePreparation(
        `${name}-preparation`,
        { node: name, connection, instance, plan },
        { parent: this, ...lifetime, dependsOn: ready.resource },
      );
    this.ready = prepared ?? ready.resource;
    this.limits = prepared ? prepared.report : pulumi.output([]);
    this.limits.apply((lines) => (lines.length > 0 ? pulumi.log.info(lines.join("\n"), this) : undefined));
    // Nothing secret is in there, and stack outputs and reports show it.
    this.facts = pulumi.unsecret(ready.output);
    this.registerOutputs({ address: this.address, connection: this.connection, facts: this.facts });
  }
}

/** Makes or takes the machine of a node, by its driver. */
export function createMachine(
  config: NodeConfig,
  context: MachineContext,
  opts?: pulumi.ComponentResourceOptions,
): Machine {
  return new Machine(config.name, config, context, opts);
}

function drive(config: NodeConfig, context: MachineContext, parent: pulumi.Resource): DrivenMachine {
  switch (config.driver) {
    case "nspawn":
      return nspawnMachine(config, context, parent);
    case "existing":
      return existingMachine(config, context);
    case "libvirt":
      return libvirtMachine(config, context, parent);
    case "multipass":
      return multipassMachine(config, context, parent);
  }
}
