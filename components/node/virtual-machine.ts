import { formatIpv4, gatewayOf, parseCidr } from "@ebpf-platform/lib/cidr";
import type { VmNodeConfig } from "@ebpf-platform/lib/config";
import { seed, type CloudInitSpec, type Seed } from "@ebpf-platform/lib/vm/cloud-init";
import { VM_INTERFACE, vmMac } from "@ebpf-platform/lib/vm/domain";
import { ARCHITECTURES, type Architecture, type ImageSource } from "@ebpf-platform/lib/vm/images";
import * as pulumi from "@pulumi/pulumi";
import type { KeyPair } from "./keys";
import type { MachineContext } from "./machine";

/** What the drivers of virtual machines share. */

/** What a machine is made of and told, as inputs of its component: policies read them. */
export interface Told {
  readonly image: {
    readonly url?: string;
    readonly path?: string;
    readonly sha256?: string;
    readonly sha512?: string;
  };
  /** Of the file that brings user data, and the host key in it, to the machine. */
  readonly seedMode: "0600";
  /** Secret. */
  readonly userData: pulumi.Output<string>;
  readonly metaData: pulumi.Output<string>;
}

export function toldTo(spec: pulumi.Output<CloudInitSpec>, source: ImageSource): Told {
  const { url, path, digest } = source;
  return {
    image: {
      ...(url !== undefined && { url }),
      ...(path !== undefined && { path }),
      [digest.algorithm]: digest.hex,
    },
    seedMode: "0600",
    userData: seedText(spec, "userData"),
    metaData: spec.apply((machine) => seed(machine).metaData),
  };
}

/** One file of the seed; secret. */
export function seedText(spec: pulumi.Output<CloudInitSpec>, file: keyof Seed): pulumi.Output<string> {
  return pulumi.secret(spec.apply((machine) => seed(machine)[file]));
}

/** What cloud-init has to know, once the keys are drawn. */
export function cloudInitSpec(
  { name, address, packages }: VmNodeConfig,
  { network, ssh, clientKey }: MachineContext,
  hostKey: KeyPair,
  more: { readonly networkBy: "seed" | "netplan"; readonly nameServers: readonly string[] },
): pulumi.Output<CloudInitSpec> {
  const cidr = parseCidr(network.cidr);
  return pulumi
    .all([clientKey.publicKey, hostKey.privateKey, hostKey.publicKey])
    .apply(([authorizedKey, privateKey, publicKey]) => ({
      ...{ stack: pulumi.getStack(), name, user: ssh.user, packages, networkBy: more.networkBy },
      ...{ authorizedKey, hostKey: privateKey, hostKeyPublic: publicKey },
      network: {
        ...{ mac: vmMac(address), interface: VM_INTERFACE, address },
        ...{ prefix: cidr.prefix, gateway: formatIpv4(gatewayOf(cidr)), nameServers: more.nameServers },
      },
    }));
}

/** `image_<architecture>`: `<algorithm>:<hex> <url or path>`, as scripts/image-source.sh reads it. */
export function imageLines(sources: Readonly<Record<Architecture, ImageSource>>): Record<string, string> {
  return Object.fromEntries(
    ARCHITECTURES.map((architecture) => {
      const { url, path, digest } = sources[architecture];
      return [`image_${architecture}`, `${digest.algorithm}:${digest.hex} ${url ?? path ?? ""}`];
    }),
  );
}
