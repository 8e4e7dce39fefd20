import type { ConnectionConfig, ExistingNodeConfig } from "@ebpf-platform/lib/config";
import * as pulumi from "@pulumi/pulumi";
import { parseHostKey, type NodeConnection } from "./connection";
import type { DrivenMachine, MachineContext } from "./machine";

/** A machine that is there already and stays when the stack goes: SSH facts only. */
export function existingMachine(config: ExistingNodeConfig, context: MachineContext): DrivenMachine {
  return {
    connection: connectionOf(config.connection, config.name, context),
    instance: pulumi.output(`${config.connection.host} ${config.connection.hostKey}`),
    resource: undefined,
  };
}

/** A way in by its config, with the private keys that `secrets` holds. */
export function connectionOf(
  { host, port, user, hostKey, privateKeySecret, proxy }: ConnectionConfig,
  node: string,
  context: Pick<MachineContext, "secret">,
): pulumi.Output<NodeConnection> {
  try {
    parseHostKey(hostKey, node);
  } catch (error) {
    throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
  }
  const own = context.secret(privateKeySecret);
  if (!proxy) return own.apply((privateKey) => ({ host, port, user, privateKey, hostKey }));
  const jump = connectionOf(proxy, `${node} (its jump host)`, context);
  return pulumi
    .all([own, jump])
    .apply(([privateKey, hop]) => ({ host, port, user, privateKey, hostKey, proxy: hop }));
}
