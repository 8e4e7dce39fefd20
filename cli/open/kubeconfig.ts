import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation";
import { Failure } from "../failure";
import { withPreparedStack } from "../stack/open";

export interface ClusterChoice {
  /** A stack whose cluster is meant. */
  readonly stack?: string | undefined;
  /** A kubeconfig file; goes before the stack's. */
  readonly kubeconfig?: string | undefined;
}

/**
 * Gives a step the environment under which kubectl speaks to the chosen cluster: that of a file, of a stack, or the one
 * kubectl finds by itself. A stack's kubeconfig lies in a file of mode 0600 for as long as the step runs.
 */
export async function withCluster<T>(
  { stack, kubeconfig }: ClusterChoice,
  note: (text: string) => void,
  step: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  if (kubeconfig !== undefined) {
    if (!existsSync(kubeconfig))
      throw new Failure("usage", `There is no kubeconfig ${kubeconfig}; give the file of the cluster.`);
    return step({ ...process.env, KUBECONFIG: kubeconfig });
  }
  if (stack === undefined) return step({ ...process.env });
  const text = await withPreparedStack(stack, note, { create: false }, kubeconfigOf);
  const folder = mkdtempSync(join(tmpdir(), "ebpf-platform-"));
  try {
    const file = join(folder, "kubeconfig");
    writeFileSync(file, text, { mode: 0o600 });
    return await step({ ...process.env, KUBECONFIG: file });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The output `kubeconfig` of a stack that makes its cluster, or the secret that its config names. */
async function kubeconfigOf(stack: Stack): Promise<string> {
  const output: unknown = (await stack.outputs())["kubeconfig"]?.value;
  if (typeof output === "string" && output !== "") return output;
  const config = await stack.getAllConfig();
  const cluster: unknown = JSON.parse(config["ebpf-platform:cluster"]?.value ?? "{}");
  const name = (cluster as { kubeconfigSecret?: unknown }).kubeconfigSecret;
  const secrets: unknown = JSON.parse(config["ebpf-platform:secrets"]?.value ?? "{}");
  const text = typeof name === "string" ? (secrets as Record<string, unknown>)[name] : undefined;
  if (typeof text === "string" && text !== "") return text;
  throw new Failure("usage", `Stack ${stack.name} knows no kubeconfig; give one with --kubeconfig.`);
}
