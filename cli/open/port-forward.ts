import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Failure, hasCode } from "../failure";
import { noKubectl } from "./kubectl";

export interface ForwardTarget {
  readonly namespace: string;
  /** `service/<name>` or `pod/<name>`. */
  readonly target: string;
  readonly port: number;
}

const START_LIMIT_MS = 30_000;
const END_LIMIT_MS = 5_000;

/** A port of this machine's loopback that leads into the cluster for as long as kubectl runs. */
export class PortForward {
  private constructor(
    private readonly child: ChildProcess,
    /** Port on 127.0.0.1. */
    readonly port: number,
    /** Settles when kubectl has ended, with the last line it said on standard error. */
    readonly ended: Promise<string>,
  ) {}

  /**
   * Starts `kubectl port-forward` and waits until it listens.
   * @param local the port here, 0 for any that is free
   * @throws Failure when kubectl is missing, ends before it listens, or says nothing for half a minute
   */
  static async start(
    { namespace, target, port }: ForwardTarget,
    local: number,
    env: NodeJS.ProcessEnv,
  ): Promise<PortForward> {
    const ports = `${local === 0 ? "" : String(local)}:${String(port)}`;
    const args = ["--namespace", namespace, "port-forward", "--address", "127.0.0.1", target, ports];
    const child = spawn("kubectl", args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let last = "";
    createInterface({ input: child.stderr }).on("line", (line) => (last = line.trim() || last));
    const ended = new Promise<string>((resolve) => {
      child.once("close", () => {
        resolve(last);
      });
    });
    const listening = new Promise<number>((resolve, reject) => {
      child.once("error", (error) => {
        reject(hasCode(error, "ENOENT") ? noKubectl() : new Failure("failed", error.message));
      });
      // kubectl writes this line once it listens (k8s.io/client-go/tools/portforward).
      createInterface({ input: child.stdout }).on("line", (line) => {
        const found = /^Forwarding from 127\.0\.0\.1:([0-9]+) -> /.exec(line)?.[1];
        if (found !== undefined) resolve(Number(found));
      });
      void ended.then((said) => {
        reject(
          new Failure(
            "unreachable",
            `kubectl could not forward a port to ${target} of namespace ${namespace}: ${said || "it ended without a word"}`,
          ),
        );
      });
    });
    const limit = setTimeout(() => child.kill(), START_LIMIT_MS);
    try {
      return new PortForward(child, await listening, ended);
    } finally {
      clearTimeout(limit);
    }
  }

  /** Ends kubectl and waits for it. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = once(this.child, "close");
    this.child.kill("SIGTERM");
    const hard = setTimeout(() => this.child.kill("SIGKILL"), END_LIMIT_MS);
    await closed;
    clearTimeout(hard);
  }
}
