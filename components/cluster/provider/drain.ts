import { setTimeout as sleep } from "node:timers/promises";
import { askApi } from "./kube-api";
import type { ApiServer } from "./kubeconfig";

/** A pod as far as draining looks into it. */
interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string }[];
  };
  readonly status?: { readonly phase?: string };
}

const PAUSE_MS = 1_000;

/**
 * Cordons a node and evicts its pods, as `kubectl drain --ignore-daemonsets --delete-emptydir-data` does: not those of
 * DaemonSets, of the kubelet itself, or that have ended. Nothing is done for a node that is gone.
 * Throws one sentence that names the pods that stayed when the time is over, unless `force`, which deletes them.
 */
export async function drainNode(
  server: ApiServer,
  node: string,
  { seconds, force }: { seconds: number; force: boolean },
): Promise<void> {
  const cordon = await askApi(server, "PATCH", `/api/v1/nodes/${node}`, { spec: { unschedulable: true } });
  if (cordon.status === 404) return;
  if (cordon.status !== 200)
    throw new Error(`The API server refused to cordon node ${node} (status ${String(cordon.status)}).`);
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const pods = await podsOf(server, node);
    if (pods.length === 0) return;
    const over = Date.now() > deadline;
    if (over && !force) {
      const left = pods.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`).join(", ");
      throw new Error(
        `Node ${node} is cordoned and was not empty after ${String(seconds)} s: ${left} stayed. Give them another place (disruption budgets and replicas decide), or set cluster.drain.force, then repeat.`,
      );
    }
    for (const { metadata } of pods) await send(server, metadata, over);
    await sleep(PAUSE_MS);
  }
}

/** One eviction, which a disruption budget may put off (429); or the delete that nothing puts off. */
async function send(server: ApiServer, { namespace, name }: Pod["metadata"], force: boolean): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const answer = force
    ? await askApi(server, "DELETE", path)
    : await askApi(server, "POST", `${path}/eviction`, {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name, namespace },
      });
  if (![200, 201, 202, 404, 429].includes(answer.status))
    throw new Error(
      `The API server refused to evict ${namespace}/${name} (status ${String(answer.status)}).`,
    );
}

async function podsOf(server: ApiServer, node: string): Promise<Pod[]> {
  const { status, body } = await askApi(server, "GET", `/api/v1/pods?fieldSelector=spec.nodeName=${node}`);
  if (status !== 200)
    throw new Error(`The API server did not list the pods of node ${node} (status ${String(status)}).`);
  return (body as { items: Pod[] }).items.filter(
    ({ metadata, status: now }) =>
      metadata.annotations?.["kubernetes.io/config.mirror"] === undefined &&
      !(metadata.ownerReferences ?? []).some(({ kind }) => kind === "DaemonSet") &&
      now?.phase !== "Succeeded" &&
      now?.phase !== "Failed",
  );
}
