import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** One request of the running client. */
export interface Request {
  /** Milliseconds since the client began. */
  readonly at: number;
  /** The backend that answered; undefined when the request failed. */
  readonly backend?: string;
}

/**
 * A client that asks without a pause, one new connection after the other, and writes every outcome down. It runs inside
 * the client node's namespaces, so what it loses is what a user would have lost.
 */
export class RunningClient {
  readonly requests: Request[] = [];
  private readonly begin = Date.now();
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private readonly waiters: { count: number; resolve: () => void }[] = [];

  constructor(clientPid: number, vip: string) {
    // A failed request may take a second: the gap is measured by the requests before and after it.
    const loop = `while :; do curl --silent --max-time 1 --header 'Connection: close' http://${vip}/ || echo; done`;
    this.child = spawn("nsenter", ["--target", String(clientPid), "--all", "--", "/bin/bash", "-c", loop], {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    if (!this.child.stdout) throw new Error("The client has no standard output.");
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      const [backend] = line.split(" ");
      this.requests.push({ at: Date.now() - this.begin, ...(backend ? { backend } : {}) });
      for (const waiter of this.waiters) if (this.requests.length >= waiter.count) waiter.resolve();
    });
    this.ended = new Promise((resolve) => this.child.once("exit", () => resolve()));
  }

  /** Resolves when that many more requests have ended. */
  async more(count: number): Promise<void> {
    const target = this.requests.length + count;
    await new Promise<void>((resolve) => this.waiters.push({ count: target, resolve }));
  }

  /** Resolves when a request has been answered again, after at least one that began from now on. */
  async recovered(deadlineMs: number): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    await this.more(2);
    while (this.requests.at(-1)?.backend === undefined) {
      if (Date.now() > deadline) throw new Error(`The VIP did not answer within ${deadlineMs / 1000} s.`);
      await this.more(1);
    }
  }

  async stop(): Promise<void> {
    if (this.child.pid !== undefined && this.child.exitCode === null)
      process.kill(-this.child.pid, "SIGKILL");
    await this.ended;
  }

  get failed(): number {
    return this.requests.filter(({ backend }) => backend === undefined).length;
  }

  /** Milliseconds of the longest time between two answers. */
  get longestGap(): number {
    const answered = this.requests.filter(({ backend }) => backend !== undefined).map(({ at }) => at);
    return Math.max(0, ...answered.slice(1).map((at, index) => at - (answered[index] ?? at)));
  }
}
