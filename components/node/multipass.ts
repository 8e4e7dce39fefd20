import { createHash } from "node:crypto";
import type { VmNodeConfig } from "@ebpf-platform/lib/config";
import { instanceId } from "@ebpf-platform/lib/vm/cloud-init";
import { vmMac } from "@ebpf-platform/lib/vm/domain";
import { imageSources } from "@ebpf-platform/lib/vm/images";
import * as pulumi from "@pulumi/pulumi";
import { HostCommand } from "./host-command";
import { keyPair } from "./keys";
import type { DrivenMachine, MachineContext } from "./machine";
import { cloudInitSpec, imageLines, seedText, toldTo } from "./virtual-machine";

/** A virtual machine of Multipass on this machine. */
export function multipassMachine(
  config: VmNodeConfig,
  context: MachineContext,
  parent: pulumi.Resource,
): DrivenMachine {
  const machine = new MultipassMachine(config, context, { parent });
  const { connection, instance, boots, resource } = machine;
  return { connection, instance, boots, resource };
}

class MultipassMachine extends pulumi.ComponentResource {
  readonly connection: DrivenMachine["connection"];
  readonly instance: pulumi.Output<string>;
  readonly boots: pulumi.Output<string>;
  readonly resource: pulumi.Resource;

  constructor(config: VmNodeConfig, context: MachineContext, opts: pulumi.ComponentResourceOptions) {
    const { name, address } = config;
    const hostKey = keyPair(`${name}-host-key`, opts);
    const sources = imageSources(config.image);
    const spec = cloudInitSpec(config, context, hostKey, { networkBy: "netplan", nameServers: [] });
    const told = toldTo(spec, sources.x86_64);
    super("ebpf-platform:node:MultipassMachine", name, { ...told }, { ...opts, protect: context.protect });
    const machine = multipassName(pulumi.getStack(), name);
    const command = new HostCommand(
      name,
      {
        host: undefined,
        up: "components/node/scripts/multipass-up.sh",
        down: "components/node/scripts/multipass-down.sh",
        args: {
          subject: `machine ${name}`,
          stack: pulumi.getStack(),
          folder: context.hypervisorFolder,
          ...{ name, instance: machine, address, mac: vmMac(address), bridge: context.network.bridge },
          ...imageLines(sources),
          cpu: String(config.cpu),
          memory_mib: String(config.memoryMiB),
          disk_gib: String(config.diskGiB),
        },
        secrets: { user_data: seedText(spec, "userData") },
        // Multipass takes no second seed: other keys or another address are another machine.
        identity: pulumi
          .all([
            spec.apply(instanceId),
            pulumi.output(JSON.stringify([machine, sources, context.network.bridge])),
          ])
          .apply((parts) => createHash("sha256").update(parts.join("\n")).digest("hex")),
        timeoutSeconds: 3600,
      },
      { parent: this },
    );
    this.resource = command.resource;
    this.instance = command.output.apply(({ instance }) => String(instance));
    this.boots = command.output.apply(({ boots }) => String(boots));
    this.connection = pulumi
      .all([context.clientKey.privateKey, hostKey.publicKey])
      .apply(([privateKey, publicKey]) => ({
        ...{ host: address, port: 22, user: context.ssh.user, privateKey, hostKey: publicKey },
      }));
    this.registerOutputs({ instance: this.instance });
  }
}

/** Letters, digits and inner hyphens, a letter first: what Multipass takes for a name. */
function multipassName(stack: string, name: string): string {
  return `ebp-${stack.replaceAll(/[^A-Za-z0-9]+/g, "-")}-${name}`;
}
