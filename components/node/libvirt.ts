import { createHash } from "node:crypto";
import { formatIpv4, gatewayOf, parseCidr } from "@ebpf-platform/lib/cidr";
import type { VmNodeConfig } from "@ebpf-platform/lib/config";
import { instanceId, seed, type CloudInitSpec, type Seed } from "@ebpf-platform/lib/vm/cloud-init";
import { domainXml, VM_INTERFACE, vmMac } from "@ebpf-platform/lib/vm/domain";
import {
  ARCHITECTURES,
  imageSources,
  type Architecture,
  type ImageSource,
} from "@ebpf-platform/lib/vm/images";
import { nameServers } from "@ebpf-platform/lib/vm/network";
import * as pulumi from "@pulumi/pulumi";
import { HostCommand } from "./host-command";
import { keyPair, type KeyPair } from "./keys";
import type { LibvirtHost } from "./libvirt-host";
import type { DrivenMachine, MachineContext } from "./machine";

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

/** Standard input to the machine: what it is made of and what it is told, by names that policies read. */
interface Told {
  readonly image: {
    readonly url?: string;
    readonly path?: string;
    readonly sha256?: string;
    readonly sha512?: string;
  };
  /** Of the file that brings user data and host key to the machine. */
  readonly seedMode: "0600";
  readonly userData: pulumi.Output<string>;
  readonly metaData: pulumi.Output<string>;
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
    const spec = cloudInit(config, context, host, hostKey);
    const told = spec.apply(seed);
    const inputs: Told = {
      image: imageInputs(sources.x86_64),
      seedMode: "0600",
      userData: secretText(told, "userData"),
      metaData: told.apply(({ metaData }) => metaData),
    };
    super("ebpf-platform:node:LibvirtMachine", name, inputs, { ...opts, protect: context.protect });
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
          ...Object.fromEntries(ARCHITECTURES.map((each) => [`image_${each}`, imageLine(sources[each])])),
          boot_files: bootFiles(config),
          instance_id: spec.apply(instanceId),
        },
        secrets: {
          user_data: secretText(told, "userData"),
          meta_data: secretText(told, "metaData"),
          network_config: secretText(told, "networkConfig"),
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

function cloudInit(
  { name, address, packages }: VmNodeConfig,
  { network, ssh, clientKey }: MachineContext,
  host: LibvirtHost,
  hostKey: KeyPair,
): pulumi.Output<CloudInitSpec> {
  const cidr = parseCidr(network.cidr);
  return pulumi
    .all([clientKey.publicKey, hostKey.privateKey, hostKey.publicKey])
    .apply(([authorizedKey, privateKey, publicKey]): CloudInitSpec => ({
      ...{ stack: pulumi.getStack(), name, user: ssh.user, packages },
      ...{ authorizedKey, hostKey: privateKey, hostKeyPublic: publicKey },
      network: {
        ...{ mac: vmMac(address), interface: VM_INTERFACE, address },
        ...{ prefix: cidr.prefix, gateway: formatIpv4(gatewayOf(cidr)) },
        nameServers: nameServers(host.config.network, host.config.dns, cidr),
      },
    }));
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

function secretText(told: pulumi.Output<Seed>, part: keyof Seed): pulumi.Output<string> {
  return pulumi.secret(told.apply((files) => files[part]));
}

/** `<algorithm>:<hex> <url or path>`, as scripts/libvirt-image.sh reads it. */
function imageLine({ url, path, digest }: ImageSource): string {
  return `${digest.algorithm}:${digest.hex} ${url ?? path ?? ""}`;
}

function imageInputs({ url, path, digest }: ImageSource): Told["image"] {
  return {
    ...(url !== undefined && { url }),
    ...(path !== undefined && { path }),
    [digest.algorithm]: digest.hex,
  };
}

/** Lines as sha256sum(1) checks them. */
function bootFiles({ image }: VmNodeConfig): string {
  if (typeof image === "string" || !image.boot) return "";
  const { kernel, kernelSha256, initrd, initrdSha256 } = image.boot;
  return `${kernelSha256}  ${kernel}\n${initrdSha256}  ${initrd}`;
}
