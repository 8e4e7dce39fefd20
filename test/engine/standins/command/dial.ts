import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Client, type ConnectConfig } from "ssh2";
import type { EngineLog } from "../provider/engine-log";
import type { Connection, Endpoint } from "./connection";
import { sshSettings } from "./ssh-settings";

export interface DialContext {
  log: EngineLog;
  cancelled: AbortSignal;
}

/** An open SSH connection; `close` also closes the one to the proxy under it. */
export interface Dialled {
  client: Client;
  close(): void;
}

/**
 * Opens an SSH connection as the official provider does: every error is retried, also a wrong key; the wait between
 * two dials starts at 0.1 s and grows by half up to 5 s; a proxy is one hop with its own credentials and limits.
 */
export async function dial(connection: Connection, context: DialContext): Promise<Dialled> {
  const settings = await sshSettings(connection);
  const target = addressOf(connection);
  const { proxy, dialErrorLimit } = connection;
  if (!proxy) {
    const client = await dialWithRetry("Dial", dialErrorLimit, context, async () =>
      handshake(await tcp(connection), settings),
    );
    return { client, close: () => client.end() };
  }
  const bastion = await named("proxy", async () => {
    const proxySettings = await sshSettings(proxy);
    return dialWithRetry("Dial proxy", proxy.dialErrorLimit, context, async () =>
      handshake(await tcp(proxy), proxySettings),
    );
  });
  const client = await named("proxy", async () => {
    const stream = await dialWithRetry("Dial from proxy", dialErrorLimit, context, () =>
      forward(bastion, connection.host, connection.port, target),
    );
    // As in the official provider, further handshakes use the same stream, which the first error has broken.
    return dialWithRetry("Dial", dialErrorLimit, context, () => handshake(stream, settings));
  });
  return {
    client,
    close: () => {
      client.end();
      bastion.end();
    },
  };
}

async function named<T>(name: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    throw new Error(`${name}: ${messageOf(error)}`, { cause: error });
  }
}

async function dialWithRetry<T>(
  what: string,
  limit: number,
  { log, cancelled }: DialContext,
  attempt: () => Promise<T>,
): Promise<T> {
  let delay = 100;
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const dials = tries + 1;
      if (limit > -1 && dials > limit) {
        throw new Error(`after ${String(tries)} failed attempts: ${messageOf(error)}`, { cause: error });
      }
      const of = limit === -1 ? "inf" : String(limit);
      await log.status("info", `${what} ${String(dials)}/${of} failed: retrying`);
    }
    await pause(Math.min(delay, 5000), cancelled);
    delay *= 1.5;
  }
}

function pause(milliseconds: number, cancelled: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      const late = cancelled.reason instanceof DOMException && cancelled.reason.name === "TimeoutError";
      reject(new Error(late ? "context deadline exceeded" : "context canceled"));
    };
    const timer = setTimeout(() => {
      cancelled.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    cancelled.addEventListener("abort", stop, { once: true });
  });
}

function tcp(endpoint: Endpoint): Promise<Socket> {
  const address = addressOf(endpoint);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: endpoint.host, port: Math.trunc(endpoint.port) });
    const limit =
      endpoint.perDialTimeout > 0
        ? setTimeout(() => {
            socket.destroy();
            reject(new Error(`dial tcp ${address}: i/o timeout`));
          }, endpoint.perDialTimeout * 1000)
        : undefined;
    socket.once("error", (error) => {
      clearTimeout(limit);
      reject(new Error(`dial tcp ${address}: ${goNetworkError(error, endpoint.host)}`));
    });
    socket.once("connect", () => {
      clearTimeout(limit);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

function forward(bastion: Client, host: string, port: number, target: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    bastion.forwardOut("0.0.0.0", 0, host, Math.trunc(port), (error, stream) => {
      if (error) reject(new Error(`ssh: rejected: connect failed (${target}: ${error.message})`));
      else resolve(stream);
    });
  });
}

function handshake(stream: Duplex, settings: ConnectConfig): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.once("ready", () => {
      client.removeAllListeners("error");
      // A later break of the connection is seen by the session that is open then.
      client.on("error", () => client.end());
      resolve(client);
    });
    client.on("error", (error) => {
      client.destroy();
      reject(new Error(`ssh: handshake failed: ${goHandshakeError(error, settings)}`));
    });
    client.once("close", () => {
      reject(new Error("ssh: handshake failed: EOF"));
    });
    client.connect({ ...settings, sock: stream });
  });
}

const NETWORK_ERRORS: Record<string, string> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "connect: connection timed out",
  ECONNRESET: "connect: connection reset by peer",
};

function goNetworkError(error: Error, host: string): string {
  const code = "code" in error ? String(error.code) : "";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `lookup ${host}: no such host`;
  return NETWORK_ERRORS[code] ?? error.message;
}

function goHandshakeError(error: Error & { level?: string }, settings: ConnectConfig): string {
  if (error.level === "client-authentication") {
    const methods = ["none", ...(settings.privateKey || settings.agent ? ["publickey"] : [])];
    if (settings.password !== undefined) methods.push("password", "keyboard-interactive");
    return `ssh: unable to authenticate, attempted methods [${methods.join(" ")}], no supported methods remain`;
  }
  if (/host denied|verification failed/i.test(error.message)) return "ssh: host key mismatch";
  if (/no matching host key/i.test(error.message)) {
    const offered = settings.algorithms?.serverHostKey;
    return `ssh: no common algorithm for host key; we offered: [${Array.isArray(offered) ? offered.join(" ") : ""}]`;
  }
  return error.message;
}

function addressOf(endpoint: Endpoint): string {
  const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${String(Math.trunc(endpoint.port))}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
