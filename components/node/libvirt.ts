import { createHash } from "node:crypto";
import { parseCidr } from "@ebpf-platform/lib/cidr";
import type { VmNodeConfig } from "@ebpf-platform/lib/config";
import { instanceId } from "@ebpf-platform/lib/vm/cloud-init";
import { domainXml, vmMac } from "@ebpf-platform/lib/vm/domain";
import { imageSources, type Architecture } from "@ebpf-platform/lib/vm/images";
import { nameServers } from "@ebpf-platform/lib/vm/network";
import * as pulumi from "@pulumi/pulumi";
import { HostCommand } from "./host-command";
import { keyPair } from "./keys";
import type { LibvirtHost } from "./libvirt-host";
import type { DrivenMachine, MachineContext } from "./machine";
import { cloudInitSpec, imageLines, seedText, toldTo } from "./virtual-machine";

/** A virtual machine of a hypervisor with libvirt. */
export function libvirtMachine(
  config: VmNodeConfig,
  context: MachineContext,
  parent: pulumi.Resource,
): DrivenMachine {
  const machine = new LibvirtMachine(config, context, { parent });
  return {
    connection: machine.connection,
    instance: machine.instance,
    boots: machine.boots,
    resource: machine.resource,
  };
}

/** Disk, seed and domain of one machine. */
class LibvirtMachine extends pulumi.ComponentResource {
  readonly connection: DrivenMachine["connection"];
  readonly instance: pulumi.Output<string>;
  readonly boots: pulumi.Output<string>;
  readonly resource: pulumi.Resource;

  constructor(config: VmNodeConfig, context: MachineContext, opts: pulumi.ComponentResourceOptions) {
    const { name, address } = config;
    const host = context.libvirtHost();
    const sources = imageSources(config.image);
    const hostKey = keyPair(`${name}-host-key`, opts);
    const { network, dns } = host.config;
    const nameServersOf = nameServers(network, dns, parseCidr(context.network.cidr));
    const spec = cloudInitSpec(config, context, hostKey, { networkBy: "seed", nameServers: nameServersOf });
    const told = toldTo(spec, sources.x86_64);
    super("ebpf-platform:node:LibvirtMachine", name, { ...told }, { ...opts, protect: context.protect });
    const domain = `ebp-${pulumi.getStack()}-${name}`;
    const folder = `${host.config.folder}/${pulumi.getStack()}`;
    const identity = createHash("sha256")
      .update(JSON.stringify([domain, folder, sources, host.config.connection?.host]))
      .digest("hex");
    const command = new HostCommand(
      name,
      {
        host: host.target,
        up: "components/node/scripts/libvirt-up.sh",
        down: "components/node/scripts/libvirt-down.sh",
        args: {
          ...host.place(`machine ${name}`),
          ...{ name, domain, identity, address },
          domain_xml: definition(config, host, domain, folder),
          disk_gib: String(config.diskGiB),
          autostart: config.autostart ? "yes" : "no",
          ...imageLines(sources),
          boot_files: bootFiles(config),
          instance_id: spec.apply(instanceId),
        },
        secrets: {
          user_data: seedText(spec, "userData"),
          meta_data: seedText(spec, "metaData"),
          network_config: seedText(spec, "networkConfig"),
        },
        identity,
        // Images are fetched once a hypervisor; a machine that grows is shut down and started.
        timeoutSeconds: 3600,
      },
      { parent: this, dependsOn: host.resource },
    );
    this.resource = command.resource;
    this.instance = command.output.apply(({ instance }) => String(instance));
    this.boots = command.output.apply(({ boots }) => String(boots));
    this.connection = pulumi
      .all([context.clientKey.privateKey, hostKey.publicKey, host.jump])
      .apply(([privateKey, publicKey, proxy]) => ({
        ...{ host: address, port: 22, user: context.ssh.user, privateKey, hostKey: publicKey },
        ...(proxy && { proxy }),
      }));
    this.registerOutputs({ instance: this.instance });
  }
}

function definition(
  config: VmNodeConfig,
  host: LibvirtHost,
  domain: string,
  folder: string,
): pulumi.Output<string> {
  const { bridge } = host.network;
  const { name, cpu, memoryMiB, image } = config;
  return host.facts.apply(({ accel, architecture }) =>
    domainXml({
      ...{ domain, title: `${name} of stack ${pulumi.getStack()}`, accel, cpu, memoryMiB },
      architecture: architecture as Architecture,
      disk: `${folder}/${name}.qcow2`,
      seed: `${folder}/${name}-seed.iso`,
      consoleLog: `${folder}/${name}.console.log`,
      network: host.config.network === "bridge" ? { bridge } : { network: bridge },
      mac: vmMac(config.address),
      boot: typeof image === "string" ? undefined : image.boot,
    }),
  );
}

/** Lines as sha256sum(1) checks them. */
function bootFiles({ image }: VmNodeConfig): string {
  if (typeof image === "string" || !image.boot) return "";
  const { kernel, kernelSha256, initrd, initrdSha256 } = image.boot;
  return `${kernelSha256}  ${kernel}\n${initrdSha256}  ${initrd}`;
}
