import { namedKubeconfig } from "@ebpf-platform/lib/k3s";
import type { NodeConnection } from "../../node/connection";
import { lastLine, NodeError, openSession } from "../../node/ssh";

export interface AdminInputs {
  readonly node: string;
  /** Secret. */
  readonly connection: NodeConnection;
  /** `https://host:port` under which the API server is reached from here. */
  readonly server: string;
  /** Name of cluster, user and context. */
  readonly name: string;
}

const CONNECT_MS = 30_000;
const FILE = "/etc/rancher/k3s/k3s.yaml";

type Bag = Record<string, unknown>;

/** The kubeconfig of a server's admin, read over its pinned connection again and again: certificates are renewed. */
export const adminProvider = {
  diff: (_id: string, olds: Bag, news: Bag) => {
    const says = ({ node, server, name, connection }: Bag): string =>
      JSON.stringify([node, server, name, connection]);
    return Promise.resolve({ changes: says(olds) !== says(news) });
  },

  create: async (inputs: AdminInputs) => ({
    id: inputs.node,
    outs: { ...inputs, kubeconfig: await readAdmin(inputs) },
  }),

  update: async (_id: string, _olds: AdminInputs, news: AdminInputs) => ({
    outs: { ...news, kubeconfig: await readAdmin(news) },
  }),

  read: async (id: string, props?: Bag) => {
    if (!props || process.env.EBPF_PLATFORM_OFFLINE === "1") return { id, props: props ?? {} };
    const inputs = props as unknown as AdminInputs;
    return { id, props: { ...props, kubeconfig: await readAdmin(inputs) } };
  },
};

async function readAdmin({ node, connection, server, name }: AdminInputs): Promise<string> {
  const session = await openSession(connection, { node, deadlineMs: CONNECT_MS });
  try {
    const { code, stdout, stderr } = await session.exec(`cat ${FILE}`, { timeoutMs: 15_000 });
    if (code !== 0) {
      throw new NodeError(
        "remote",
        node,
        `Node ${node} has no readable ${FILE} (${lastLine(stderr)}); see that k3s runs there (systemctl status k3s), then repeat.`,
      );
    }
    return namedKubeconfig(stdout, { server, name });
  } finally {
    session.close();
  }
}
