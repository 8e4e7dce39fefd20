import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { createWriteStream, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** A server process of a test. It dies with this process, however that ends (`prctl(2)`, PR_SET_PDEATHSIG). */
export class Child {
  private readonly process: ChildProcess;
  private readonly ended: Promise<void>;

  constructor(
    readonly name: string,
    file: string,
    args: readonly string[],
    private readonly log: string,
  ) {
    this.process = spawn("setpriv", ["--pdeathsig", "KILL", file, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      // Nothing of the caller's may reach a server: ETCD_… variables are settings to etcd.
      env: { PATH: process.env["PATH"] },
    });
    const sink = createWriteStream(log, { mode: 0o600 });
    this.process.stdout?.pipe(sink, { end: false });
    this.process.stderr?.pipe(sink, { end: false });
    this.ended = new Promise((resolve) => {
      this.process.once("exit", () => {
        sink.end();
        resolve();
      });
    });
  }

  /** Asks until the answer is true. Throws with the end of the log when the process ends or the time is over. */
  async until(ask: () => Promise<boolean>, seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    while (!(await ask())) {
      const over = Date.now() > deadline;
      if (!over && this.process.exitCode === null && this.process.signalCode === null) {
        await delay(200);
        continue;
      }
      const why = over ? `is not ready after ${String(seconds)} s` : "has ended";
      const last = readFileSync(this.log, "utf8").trim().split("\n").slice(-8).join("\n");
      throw new Error(`${this.name} ${why}:\n${last}`);
    }
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill("SIGKILL");
    await this.ended;
  }
}

/** Ports of the loopback interface that nobody listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once("error", reject);
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
