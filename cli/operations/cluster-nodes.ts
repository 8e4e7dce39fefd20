import { runStep, type StepAnswer } from "../../components/node/run-step";
import { scriptText } from "../../components/node/script-text";
import { NodeError, openSession, type NodeSession } from "../../components/node/ssh";
import { Failure } from "../failure";
import { withPreparedStack } from "../stack/open";
import { parseOutputs, type StackNode } from "../status/collect";

/** Seconds until k3s must be ready after a restart: a server with a large datastore on a slow disk. */
export const READY_SECONDS = 300;
const CONNECT_MS = 30_000;

export type ClusterNode = StackNode & { readonly role: "server" | "agent" };

/** The Kubernetes nodes of a stack that is there, in declared order, servers and agents. */
export async function clusterNodes(stack: string, note: (text: string) => void): Promise<ClusterNode[]> {
  return withPreparedStack(stack, note, { create: false }, async (opened) => {
    const { nodes } = parseOutputs(stack, await opened.outputs());
    const found = nodes.filter(
      (node): node is ClusterNode => node.role === "server" || node.role === "agent",
    );
    if (found.some(({ role }) => role === "server")) return found;
    throw new Failure(
      "usage",
      `Stack ${stack} has no server of a k3s cluster; name the stack whose cluster.kind is k3s.`,
    );
  });
}

/** The server of that name, or the first. */
export function serverOf(nodes: readonly ClusterNode[], name: string | undefined): ClusterNode {
  const servers = nodes.filter(({ role }) => role === "server");
  const found = name === undefined ? servers[0] : servers.find((node) => node.name === name);
  if (found) return found;
  throw new Failure(
    "usage",
    `${name ?? "None"} is no server of the cluster; its servers are ${servers.map((node) => node.name).join(", ")}.`,
  );
}

/** Opens a session to a node for some work. A node that cannot be reached is a `Failure` with status 5. */
export async function onNode<T>(node: ClusterNode, work: (session: NodeSession) => Promise<T>): Promise<T> {
  try {
    const session = await openSession(node.connection, { node: node.name, deadlineMs: CONNECT_MS });
    try {
      return await work(session);
    } finally {
      session.close();
    }
  } catch (error) {
    if (!(error instanceof NodeError)) throw error;
    throw new Failure(error.kind === "unreachable" ? "unreachable" : "failed", error.message);
  }
}

/** Runs a script of components/cluster/scripts as a step: detached, at most once at a time, with its log on the node. */
export function clusterStep(
  session: NodeSession,
  script: string,
  args: Readonly<Record<string, string>>,
): Promise<StepAnswer> {
  return runStep(session, {
    id: `platform.${script}`,
    script: scriptText(`components/cluster/scripts/${script}.sh`),
    args: { limit: String(READY_SECONDS), ...args },
    // To stop, to start, and to go back.
    timeoutSeconds: 4 * READY_SECONDS,
    always: true,
  });
}
