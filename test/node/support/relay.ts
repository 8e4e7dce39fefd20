import { createServer, connect, type AddressInfo, type Socket } from "node:net";

/** A TCP relay between here and a node that can be cut, so that links fail on command. */
export interface Relay {
  readonly port: number;
  /** Connections accepted so far. */
  readonly dials: number;
  /** From now on nothing passes and nothing is said about it, as behind a firewall that drops. */
  drop(): void;
  /** Ends every connection with a reset. */
  reset(): void;
  close(): Promise<void>;
}

/** @param listenAfterMs refuses connections for that long first. */
export async function startRelay(target: { host: string; port: number }, listenAfterMs = 0): Promise<Relay> {
  const sockets = new Set<Socket>();
  let dials = 0;
  const server = createServer((near) => {
    dials++;
    const far = connect(target);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket));
    }
    near.pipe(far);
    far.pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  if (listenAfterMs > 0) {
    await new Promise((resolve) => server.close(resolve));
    setTimeout(() => void listen(port), listenAfterMs);
  }
  return {
    port,
    get dials() {
      return dials;
    },
    drop: () => {
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
