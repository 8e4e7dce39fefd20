import { setTimeout as sleep } from "node:timers/promises";
import { askApi, type ApiAnswer } from "./kube-api";
import { readKubeconfig, type ApiServer } from "./kubeconfig";
import { drainNode } from "./drain";

export interface MemberInputs {
  /** Secret. */
  readonly kubeconfig: string;
  readonly node: string;
  /** Labels that only the API may set. */
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
  /** Another value: another machine under the same name. */
  readonly instance: string;
  readonly drainSeconds: number;
  readonly force: boolean;
}

/** How long a kubelet that runs takes to register. */
const REGISTER_MS = 120_000;
const PAUSE_MS = 1_000;

/** A node as a member of its cluster: it is labelled when it is there, and drained and forgotten when it goes. */
export const memberProvider = {
  diff: (_id: string, olds: MemberInputs, news: MemberInputs) => {
    const says = ({ labels, taints, instance }: MemberInputs): string =>
      JSON.stringify([labels, taints, instance]);
    const rules = ({ kubeconfig, drainSeconds, force }: MemberInputs): string =>
      JSON.stringify([kubeconfig, drainSeconds, force]);
    const replaces = olds.node === news.node ? [] : ["node"];
    const changes = replaces.length > 0 || says(olds) !== says(news) || rules(olds) !== rules(news);
    return Promise.resolve({ changes, replaces, deleteBeforeReplace: true });
  },

  create: async (inputs: MemberInputs) => {
    await mark(inputs, undefined);
    return { id: inputs.node, outs: { ...inputs } };
  },

  update: async (_id: string, olds: MemberInputs, news: MemberInputs) => {
    await mark(news, olds);
    return { outs: { ...news } };
  },

  delete: async (_id: string, { kubeconfig, node, drainSeconds, force }: MemberInputs) => {
    const server = readKubeconfig(kubeconfig);
    await drainNode(server, node, { seconds: drainSeconds, force });
    await forgetNode(server, node);
  },
};

/** What a former machine of the same name left in the cluster: with its password there, another one is refused. */
export const formerNodeProvider = {
  diff: (_id: string, olds: MemberInputs, news: MemberInputs) =>
    Promise.resolve({ changes: olds.instance !== news.instance || olds.kubeconfig !== news.kubeconfig }),

  create: async (inputs: MemberInputs) => {
    await forgetNode(readKubeconfig(inputs.kubeconfig), inputs.node);
    return { id: inputs.node, outs: { ...inputs } };
  },

  update: async (_id: string, olds: MemberInputs, news: MemberInputs) => {
    if (olds.instance !== news.instance) await forgetNode(readKubeconfig(news.kubeconfig), news.node);
    return { outs: { ...news } };
  },
};

/** Deletes the Node and the Secret with its password; both may be gone. */
export async function forgetNode(server: ApiServer, node: string): Promise<void> {
  for (const path of [
    `/api/v1/nodes/${node}`,
    `/api/v1/namespaces/kube-system/secrets/${node}.node-password.k3s`,
  ]) {
    expect(await askApi(server, "DELETE", path), [200, 202, 404], `delete ${path}`);
  }
}

/** Sets labels and taints as soon as the node has registered, and takes back those that were ours before. */
async function mark(news: MemberInputs, olds: MemberInputs | undefined): Promise<void> {
  const server = readKubeconfig(news.kubeconfig);
  const path = `/api/v1/nodes/${news.node}`;
  const deadline = Date.now() + REGISTER_MS;
  for (;;) {
    const found = await askApi(server, "GET", path);
    if (found.status === 200) {
      const gone = Object.keys(olds?.labels ?? {}).filter((label) => !(label in news.labels));
      const labels = { ...Object.fromEntries(gone.map((label) => [label, null])), ...news.labels };
      const ours = [...(olds?.taints ?? []), ...news.taints].map(({ key, effect }) => `${key}:${effect}`);
      const taints = [
        ...taintsOf(found.body).filter(({ key, effect }) => !ours.includes(`${key}:${effect}`)),
        ...news.taints,
      ];
      const patch = { metadata: { labels }, spec: { taints } };
      expect(await askApi(server, "PATCH", path, patch), [200], `label node ${news.node}`);
      return;
    }
    if (found.status !== 404 || Date.now() > deadline) {
      throw new Error(
        `Node ${news.node} did not register with the cluster at ${server.url} within ${String(REGISTER_MS / 1000)} s (the last answer was ${String(found.status)}); look at its log (journalctl -u k3s-agent), then repeat.`,
      );
    }
    await sleep(PAUSE_MS);
  }
}

function taintsOf(node: unknown): MemberInputs["taints"] {
  const { spec } = (node ?? {}) as { spec?: { taints?: MemberInputs["taints"] } };
  return spec?.taints ?? [];
}

export function expect(answer: ApiAnswer, statuses: readonly number[], what: string): void {
  if (statuses.includes(answer.status)) return;
  const { message } = (answer.body ?? {}) as { message?: string };
  throw new Error(`The API server refused to ${what}: ${message ?? `status ${String(answer.status)}`}.`);
}
