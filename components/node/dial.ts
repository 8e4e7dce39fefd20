import type { Duplex } from "node:stream";
import { Client, type ConnectConfig, type ServerHostKeyAlgorithm } from "ssh2";
import { fingerprint, HOST_KEY_TYPES, parseHostKey, type HostKey, type NodeConnection } from "./connection";
import { NodeError } from "./node-error";
import { pollUntil } from "./poll";

/** An open SSH connection; `close` also closes those to the jump hosts under it. */
export interface Dialled {
  readonly client: Client;
  /** Why the connection is gone, once it is. */
  readonly lost: string | undefined;
  /** Calls back once when the connection is lost; returns how to stop listening. */
  onLost(listener: (reason: string) => void): () => void;
  close(): void;
}

/** One TCP and SSH handshake may take this long; a black-holed dial is then repeated. */
const HANDSHAKE_MS = 10_000;
/** Four unanswered keepalives of 2 s: a silently cut link is noticed after about 8 s. */
const KEEPALIVE_MS = 2_000;
const KEEPALIVE_COUNT = 3;

/** Errors that a node which is still booting shows; everything else is final at the first dial. */
const PASSING = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "EPIPE",
  "EAI_AGAIN",
]);

/** Dials through the jump hosts, if any, until `deadlineMs` have passed. Throws `NodeError`. */
export async function dialNode(
  connection: NodeConnection,
  node: string,
  deadlineMs: number,
): Promise<Dialled> {
  const hostKey = parseHostKey(connection.hostKey, node);
  let last = "";
  const deadline = Date.now() + deadlineMs;
  const found = await pollUntil(deadlineMs, async () => {
    try {
      return await dialOnce(connection, hostKey, node, deadline);
    } catch (error) {
      if (!(error instanceof Passing)) throw error;
      last = error.message;
      return undefined;
    }
  });
  if (found) return found;
  const address = `${connection.host}:${connection.port}`;
  throw new NodeError(
    "unreachable",
    node,
    `Node ${node} did not answer SSH at ${address} within ${Math.round(deadlineMs / 1000)} s (${last}); see that it runs and that this machine reaches it, then repeat.`,
  );
}

class Passing extends Error {}

async function dialOnce(
  connection: NodeConnection,
  hostKey: HostKey,
  node: string,
  deadline: number,
): Promise<Dialled> {
  if (!connection.proxy) return handshake(connection, hostKey, node, deadline, undefined);
  const jump = await dialNode(
    connection.proxy,
    `${node} (its jump host)`,
    Math.max(1, deadline - Date.now()),
  );
  try {
    const stream = await forward(jump.client, connection);
    return await handshake(connection, hostKey, node, deadline, { stream, jump });
  } catch (error) {
    jump.close();
    throw error;
  }
}

function forward(client: Client, { host, port }: NodeConnection): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 0, host, port, (error, stream) => {
      if (error) reject(new Passing(`the jump host could not connect: ${error.message}`));
      else resolve(stream);
    });
  });
}

function handshake(
  connection: NodeConnection,
  hostKey: HostKey,
  node: string,
  deadline: number,
  through: { stream: Duplex; jump: Dialled } | undefined,
): Promise<Dialled> {
  const client = new Client();
  let seen: Buffer | undefined;
  const config: ConnectConfig = {
    ...(through ? { sock: through.stream } : { host: connection.host, port: connection.port }),
    username: connection.user,
    // One key, one attempt: no agent (a dead SSH_AUTH_SOCK breaks logins), no password, no "none".
    authHandler: ["publickey"],
    privateKey: connection.privateKey,
    hostVerifier: (key: Buffer) => {
      seen = key;
      return key.equals(hostKey.blob);
    },
    // The pinned type first; the others only so that a refusal can name the key that was seen.
    algorithms: { serverHostKey: hostKeyOrder(hostKey) },
    readyTimeout: Math.max(1, Math.min(HANDSHAKE_MS, deadline - Date.now())),
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVE_COUNT,
  };
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    client.on("error", (error) => (failure ??= error));
    client.once("ready", () => resolve(connected(client, through?.jump)));
    client.once("close", () => reject(explain(failure, seen, connection, hostKey, node)));
    try {
      client.connect(config);
    } catch (error) {
      reject(badKey(error, node));
    }
  });
}

function hostKeyOrder(hostKey: HostKey): ServerHostKeyAlgorithm[] {
  const others = HOST_KEY_TYPES.filter((type) => type !== hostKey.type);
  return [hostKey.type, ...others, "rsa-sha2-512", "rsa-sha2-256"];
}

function connected(client: Client, jump: Dialled | undefined): Dialled {
  let lost: string | undefined;
  let reason: string | undefined;
  const listeners = new Set<(reason: string) => void>();
  client.on("error", (error) => (reason ??= error.message));
  client.once("close", () => {
    lost = reason ?? "the node closed it";
    for (const listener of [...listeners]) listener(lost);
    jump?.close();
  });
  return {
    client,
    get lost() {
      return lost;
    },
    onLost: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      client.end();
      jump?.close();
    },
  };
}

/** Turns what ended a handshake into our error: `Passing` where another dial may help. */
function explain(
  failure: (Error & { level?: string; code?: string }) | undefined,
  seen: Buffer | undefined,
  { host, port, user }: NodeConnection,
  hostKey: HostKey,
  node: string,
): Error {
  const address = `${host}:${port}`;
  if (seen && !seen.equals(hostKey.blob)) {
    const message = `Node ${node} at ${address} has the host key ${fingerprint(seen)}, not the pinned ${fingerprint(hostKey.blob)}; nothing was sent. If the node was rebuilt on purpose, put its new key into the config; if not, somebody stands in between.`;
    return new NodeError("host-key", node, message);
  }
  if (failure?.level === "client-authentication") {
    const message = `Node ${node} at ${address} refused the key of user ${user} (key refused); put the public key into its authorized_keys or correct the private key.`;
    return new NodeError("auth", node, message, { cause: failure });
  }
  if (failure?.code === "ENOTFOUND") {
    const message = `The host name ${host} of node ${node} does not resolve; correct the connection's host.`;
    return new NodeError("unreachable", node, message, { cause: failure });
  }
  const passing =
    failure === undefined ||
    failure.level === "client-timeout" ||
    PASSING.has(failure.code ?? "") ||
    /before handshake|ended by|closed/i.test(failure.message);
  const text = failure?.message ?? "the node closed the connection before the login";
  if (passing) return new Passing(text);
  const message = `The SSH handshake with node ${node} at ${address} failed: ${text}; look at the log of its sshd.`;
  return new NodeError("unreachable", node, message, { cause: failure });
}

function badKey(error: unknown, node: string): NodeError {
  const text = error instanceof Error ? error.message : String(error);
  const message = `The private key for node ${node} cannot be read (${text.replace(/^Cannot parse privateKey: /, "")}); give it in OpenSSH format.`;
  return new NodeError("auth", node, message);
}
