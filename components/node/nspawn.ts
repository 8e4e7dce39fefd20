import * as command from "@pulumi/command";
import { formatIpv4, gatewayOf, parseCidr } from "@ebpf-platform/lib/cidr";
import type { NspawnNodeConfig } from "@ebpf-platform/lib/config";
import * as pulumi from "@pulumi/pulumi";
import { keyPair } from "./keys";
import type { DrivenMachine, MachineContext } from "./machine";
import { driverEntry, driverInput, machineFacts, NODE_PACKAGES, type NspawnSpec } from "./nspawn-spec";

/**
 * A systemd-nspawn container of this machine, made by a `local.Command`: real systemd and sshd, an own network namespace
 * with a veth to the stack's bridge, an overlay over one Debian tree. Needs root.
 */
export function nspawnMachine(
  config: NspawnNodeConfig,
  { network, ssh, clientKey }: MachineContext,
  parent: pulumi.Resource,
): DrivenMachine {
  if (ssh.user !== "root") {
    throw new pulumi.RunError(
      `Node ${config.name} is an nspawn machine, which has only the login root, and ssh.user is "${ssh.user}"; set it to root.`,
    );
  }
  const hostKey = keyPair(`${config.name}-host-key`, { parent });
  const cidr = parseCidr(network.cidr);
  const place = {
    stack: pulumi.getStack(),
    name: config.name,
    address: config.address,
    prefix: cidr.prefix,
    gateway: formatIpv4(gatewayOf(cidr)),
    bridge: network.bridge,
    packages: NODE_PACKAGES,
  };
  const stdin = pulumi.secret(
    pulumi
      .all([clientKey.publicKey, hostKey.privateKey, hostKey.publicKey])
      .apply(([authorizedKey, privateKey, publicKey]) => {
        const spec: NspawnSpec = { ...place, authorizedKey, hostKey: privateKey, hostKeyPublic: publicKey };
        return driverInput(spec);
      }),
  );
  const machine = new command.local.Command(
    config.name,
    {
      interpreter: ["/bin/bash", "-c", driverEntry(), "nspawn"],
      create: "up",
      update: "up",
      delete: "down",
      stdin,
      // What a machine stands on cannot change under it; its keys can.
      triggers: [JSON.stringify(place)],
      logging: "stderr",
      addPreviousOutputInEnv: false,
    },
    { parent, deleteBeforeReplace: true },
  );
  const connection = pulumi
    .all([clientKey.privateKey, hostKey.publicKey])
    .apply(([privateKey, publicKey]) => ({
      host: config.address,
      port: 22,
      user: ssh.user,
      privateKey,
      hostKey: publicKey,
    }));
  return {
    connection,
    instance: machine.stdout.apply((text) => machineFacts(text, config.name).instance),
    resource: machine,
  };
}
