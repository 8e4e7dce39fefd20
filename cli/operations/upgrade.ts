import { upgradePlan, type RunningNode } from "@ebpf-platform/lib/k3s";
import type { OperationOptions } from "../commands/operations";
import { stackRelease } from "../air-gap/files";
import { up } from "../commands/up";
import { Failure, messageOf } from "../failure";
import { openTerminal } from "../terminal";
import { clusterNodes, clusterStep, onNode, type ClusterNode } from "./cluster-nodes";

/**
 * `platform upgrade <stack>`: compares what nodes run with the release's k3s, refuses what cannot go well, updates the
 * stack (each node waits until the one before it is ready), and looks at every node afterwards.
 */
export async function upgrade(stack: string, options: OperationOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const target = stackRelease(stack).k3s.version;
  const nodes = await clusterNodes(stack, terminal.note);
  const plan = await planOf(nodes, target);
  const lines = plan.steps.map(({ node, from }) => `${node}: ${from} to ${target}`);
  if (options.dryRun || plan.steps.length === 0) {
    const said = lines.length === 0 ? `Every node of ${stack} runs k3s ${target}.` : lines.join("\n");
    terminal.out(
      options.json ? JSON.stringify({ stack, ...plan, dryRun: options.dryRun ?? false }, null, 2) : said,
    );
    return;
  }
  terminal.note(lines.join("\n"));
  await up(stack, { json: options.json ?? false });
  const left = await planOf(nodes, target);
  if (left.steps.length === 0) return;
  throw new Failure(
    "failed",
    `The update ended and ${left.steps.map(({ node, from }) => `${node} still runs ${from}`).join(", ")}; look at journalctl -u 'k3s*' there, then run the upgrade again.`,
  );
}

async function planOf(nodes: readonly ClusterNode[], target: string) {
  const running = await Promise.all(nodes.map(runningNode));
  try {
    return upgradePlan(running, target);
  } catch (error) {
    throw new Failure("usage", messageOf(error));
  }
}

async function runningNode(node: ClusterNode): Promise<RunningNode> {
  const { output } = await onNode(node, (session) => clusterStep(session, "k3s-facts", { role: node.role }));
  return {
    name: node.name,
    role: node.role,
    version: String(output?.version),
    healthy: output?.healthy === true,
  };
}
