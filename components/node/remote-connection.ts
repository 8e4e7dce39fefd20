import { existsSync } from "node:fs";
import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { parseHostKey, type NodeConnection } from "./connection";

/** How long `remote.Command` dials: it repeats every error, a refused key too, with 0.1 s to 5 s in between. */
export interface DialLimits {
  /** Failed dials before it gives up, 1 to 100. */
  readonly errors: number;
  /** Seconds for one dial, 1 to 60; a black-holed node costs `errors` times this. */
  readonly seconds: number;
}

/** A node that is up: about 7 s of refused dials, at most 100 s without any answer. */
const DIAL: DialLimits = { errors: 8, seconds: 10 };

/**
 * The connection as `remote.Command` takes it: each hop with its pinned ed25519 or ECDSA host key and bounded dials.
 * Built field by field, because an unknown field makes the engine print the whole connection, private key included.
 */
export function remoteConnection(
  connection: pulumi.Output<NodeConnection>,
  node: string,
  dial: DialLimits = DIAL,
): pulumi.Output<types.input.remote.ConnectionArgs> {
  refuseDeadAgent();
  return pulumi.secret(
    connection.apply((plain) => {
      const { proxy } = plain;
      if (proxy?.proxy) {
        throw new pulumi.RunError(
          `The connection to node ${node} has more than one jump host, and the engine can take one; reach ${proxy.host} directly.`,
        );
      }
      return { ...hop(plain, node, dial), ...(proxy ? { proxy: hop(proxy, node, dial) } : {}) };
    }),
  );
}

/** The provider asks the operator's agent even though a key is given, and fails when its socket is gone. */
function refuseDeadAgent(): void {
  const socket = process.env.SSH_AUTH_SOCK;
  if (socket === undefined || socket === "" || existsSync(socket)) return;
  throw new pulumi.RunError(
    `SSH_AUTH_SOCK names the agent socket ${socket}, which is gone, and every command on a node would fail; run: unset SSH_AUTH_SOCK`,
  );
}

function hop({ host, port, user, privateKey, hostKey }: NodeConnection, node: string, dial: DialLimits) {
  try {
    parseHostKey(hostKey, node);
  } catch (error) {
    throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
  }
  return {
    host,
    port,
    user,
    privateKey,
    hostKey: hostKey.trim(),
    dialErrorLimit: dial.errors,
    perDialTimeout: dial.seconds,
  };
}
