import { compareK3sVersions, parseK3sVersion, type K3sVersion } from "./version";

/** A Kubernetes node of ours as it runs. */
export interface RunningNode {
  readonly name: string;
  readonly role: "server" | "agent";
  /** What its k3s says of itself, for instance `v1.34.9+k3s1`. */
  readonly version: string;
  /** Its service is active and answers. */
  readonly healthy: boolean;
}

/** The nodes that change, in the order in which they do: one after the other, servers before agents. */
export interface UpgradePlan {
  readonly target: string;
  readonly steps: readonly { readonly node: string; readonly from: string }[];
}

/**
 * How nodes get from what they run to a version; no steps when all run it. Throws one error with every reason against it:
 * a way back, a skipped minor (kubernetes.io/releases/version-skew-policy: one at a time), a node that is not well.
 * @param nodes in declared order
 */
export function upgradePlan(nodes: readonly RunningNode[], target: string): UpgradePlan {
  const wanted = parseK3sVersion(target);
  if (!wanted) throw new Error(`The release's k3s version ${target} is none like v1.34.9+k3s1.`);
  if (!nodes.some(({ role }) => role === "server"))
    throw new Error("No server is among the nodes; an agent is upgraded after its servers, by their stack.");
  const faults = nodes.flatMap((node) => nodeFaults(node, target, wanted));
  if (faults.length > 0) throw new Error(faults.join("\n"));
  const behind = nodes.filter(({ version }) => version !== target);
  const inOrder = (role: RunningNode["role"]) => behind.filter((node) => node.role === role);
  return {
    target,
    steps: [...inOrder("server"), ...inOrder("agent")].map(({ name, version }) => ({
      node: name,
      from: version,
    })),
  };
}

function nodeFaults(
  { name, role, version, healthy }: RunningNode,
  target: string,
  wanted: K3sVersion,
): string[] {
  const running = parseK3sVersion(version);
  if (!running) return [`Node ${name} runs k3s ${version}, which is no version like v1.34.9+k3s1.`];
  const faults: string[] = [];
  if (!healthy)
    faults.push(`Node ${name} is not healthy; mend it first: an upgrade takes one node at a time away.`);
  if (compareK3sVersions(running, wanted) > 0) {
    faults.push(
      `Node ${name} runs ${version}, which is newer than ${target}: a datastore that a newer Kubernetes has written is not opened by an older one; choose a release with ${version} or newer, or restore a snapshot of that time on new machines.`,
    );
  }
  // An agent may be three minors behind; only servers' steps are counted.
  const skipped = role === "server" && (running.major !== wanted.major || wanted.minor - running.minor > 1);
  if (skipped) {
    faults.push(
      `Node ${name} runs ${version} and ${target} skips a minor version; go by a release with v${String(running.major)}.${String(running.minor + 1)} first.`,
    );
  }
  return faults;
}
