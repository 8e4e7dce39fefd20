import type { OperationOptions } from "../commands/operations";
import { withProgress } from "../progress";
import { openTerminal } from "../terminal";
import { clusterNodes, clusterStep, onNode } from "./cluster-nodes";

/** `platform rotate-certs <stack>`: one node after the other, servers first; the first that fails ends it. */
export async function rotateCertificates(stack: string, options: OperationOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const nodes = await clusterNodes(stack, terminal.note);
  const ordered = [
    ...nodes.filter(({ role }) => role === "server"),
    ...nodes.filter(({ role }) => role === "agent"),
  ];
  const done: string[] = [];
  for (const node of options.dryRun ? [] : ordered) {
    await withProgress(`${node.name}: new certificates`, () =>
      onNode(node, (session) => clusterStep(session, "k3s-certs", { role: node.role })),
    );
    done.push(node.name);
  }
  const names = ordered.map(({ name }) => name);
  terminal.out(
    options.json
      ? JSON.stringify({ stack, nodes: names, done, dryRun: options.dryRun ?? false }, null, 2)
      : options.dryRun
        ? `New certificates would be made on ${names.join(", then ")}; nothing was done.`
        : `New certificates on ${done.join(", ")}. The kubeconfig holds one too: run \`platform up ${stack}\`.`,
  );
}
