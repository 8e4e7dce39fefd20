import { existsSync, readFileSync } from "node:fs";
import { restorePlan, type RestoreStep } from "@ebpf-platform/lib/k3s";
import { confirm } from "../commands/up";
import type { RestoreOptions } from "../commands/operations";
import { Failure } from "../failure";
import { withProgress } from "../progress";
import { openTerminal } from "../terminal";
import { clusterNodes, clusterStep, onNode, serverOf, type ClusterNode } from "./cluster-nodes";

const ARCHIVES = "/var/lib/ebpf-platform/k3s-snapshots";
const words: Readonly<Record<RestoreStep["action"], string>> = {
  stop: "k3s is stopped",
  restore: "the datastore is replaced and k3s started",
  rejoin: "k3s joins the restored cluster with an empty datastore",
};

/** `platform restore <stack>`: the datastore is what it was; the servers that only joined join again. */
export async function restore(stack: string, options: RestoreOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const nodes = await clusterNodes(stack, terminal.note);
  const on = serverOf(nodes, options.node);
  const servers = nodes.filter(({ role }) => role === "server");
  const steps = restorePlan(
    servers.map(({ name }) => name),
    on.name,
  );
  if (options.dryRun) {
    terminal.out(
      options.json
        ? JSON.stringify({ stack, from: options.from, dryRun: true, steps }, null, 2)
        : steps.map(({ node, action }) => `${node}: ${words[action]}`).join("\n"),
    );
    return;
  }
  if (!options.yes)
    await confirm(
      `Put ${options.from} in the place of the datastore of ${stack}? What came after it is lost.`,
      terminal,
    );
  const byName = (name: string) => serverOf(nodes, name);
  const output = await withArchive(on, options.from, (archive) => carryOut(steps, byName, archive));
  terminal.out(
    options.json
      ? JSON.stringify({ stack, node: on.name, from: options.from, ...output }, null, 2)
      : `${stack} is as it was at ${String(output.taken)}; the replaced datastore is ${String(output.before)} on ${on.name}.`,
  );
}

/** Works with a name of an archive on the node, or with a file of this machine that is put there for the time. */
async function withArchive<T>(
  server: ClusterNode,
  from: string,
  work: (archive: string) => Promise<T>,
): Promise<T> {
  if (!from.includes("/") && !from.endsWith(".tar")) return work(`${ARCHIVES}/${from}.tar`);
  if (!existsSync(from)) {
    throw new Failure(
      "usage",
      `There is no file ${from}; name an archive of \`platform snapshot --list\`, or a file.`,
    );
  }
  // Any login may write there; the file is its owner's and root's alone.
  const path = `/var/tmp/ebpf-platform-restore-${String(process.pid)}.tar`;
  await onNode(server, (session) => session.put(readFileSync(from), path, "600"));
  try {
    return await work(path);
  } finally {
    await onNode(server, (session) => session.exec(`rm -f ${path}`, { timeoutMs: 30_000 }));
  }
}

async function carryOut(
  steps: readonly RestoreStep[],
  byName: (name: string) => ClusterNode,
  archive: string,
): Promise<Readonly<Record<string, unknown>>> {
  const stopped: string[] = [];
  let output: Readonly<Record<string, unknown>> = {};
  try {
    for (const { node, action } of steps) {
      const answer = await withProgress(`${node}: ${words[action]}`, () =>
        onNode(byName(node), (session) =>
          action === "restore"
            ? clusterStep(session, "k3s-restore", { archive })
            : clusterStep(session, "k3s-member", { action }),
        ),
      );
      if (action === "stop") stopped.push(node);
      else if (action === "restore") output = answer.output ?? {};
    }
  } catch (error) {
    // Without a restore the old cluster is the only one, and needs its majority back.
    if (Object.keys(output).length === 0) {
      for (const node of stopped)
        await onNode(byName(node), (session) => clusterStep(session, "k3s-member", { action: "start" }));
    }
    throw error;
  }
  return output;
}
