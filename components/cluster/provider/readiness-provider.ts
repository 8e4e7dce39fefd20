import { setTimeout as sleep } from "node:timers/promises";
import { notReady, type ReadinessCheck } from "@ebpf-platform/lib/readiness";
import { getObject, RefusedError } from "./kube-api";
import { readKubeconfig, type ApiServer } from "./kubeconfig";

export interface ReadinessInputs {
  readonly kubeconfig: string;
  readonly checks: readonly ReadinessCheck[];
  /** Seconds until the wait is given up. */
  readonly timeoutSeconds: number;
  /** Another value makes an update wait again. */
  readonly after: string;
}

const PAUSE_MS = 2_000;

export const readinessProvider = {
  diff: (_id: string, olds: ReadinessInputs, news: ReadinessInputs) => {
    const waits = ({ checks, after }: ReadinessInputs): string => JSON.stringify([checks, after]);
    // A new way to reach the same cluster, or another limit, proves nothing new and needs no wait.
    return Promise.resolve({ changes: waits(olds) !== waits(news) });
  },

  create: async (inputs: ReadinessInputs) => {
    await untilReady(inputs);
    return { id: "ready", outs: { ...inputs } };
  },

  update: async (_id: string, _olds: ReadinessInputs, news: ReadinessInputs) => {
    await untilReady(news);
    return { outs: { ...news } };
  },
};

/** Asks until everything is ready. Throws one sentence that lists what is not when the time is over. */
export async function untilReady(
  { kubeconfig, checks, timeoutSeconds }: ReadinessInputs,
  pauseMs = PAUSE_MS,
): Promise<void> {
  const server = readKubeconfig(kubeconfig);
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const open = await notYetReady(server, checks);
    if (open.length === 0) return;
    if (Date.now() + pauseMs > deadline) {
      throw new Error(
        `The cluster at ${server.url} was not ready after ${String(timeoutSeconds)} s: ${open.join("; ")}. Look at the pods and events there, then run the update again.`,
      );
    }
    await sleep(pauseMs);
  }
}

async function notYetReady(server: ApiServer, checks: readonly ReadinessCheck[]): Promise<string[]> {
  const open: string[] = [];
  for (const check of checks) {
    try {
      const why = notReady(check, await getObject(server, check.path));
      if (why !== undefined) open.push(`${check.path} ${why}`);
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      open.push(
        `${check.path} could not be read (${error instanceof Error ? error.message : String(error)})`,
      );
    }
  }
  return open;
}
