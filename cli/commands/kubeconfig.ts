import { homedir } from "node:os";
import { join } from "node:path";
import { Failure } from "../failure";
import { writeKubeconfig } from "../kubeconfig/write";
import { withPreparedStack } from "../stack/open";
import { openTerminal } from "../terminal";

export interface KubeconfigOptions {
  /** Into the file that kubectl uses, beside what stands there. */
  merge?: boolean;
  /** Another file. */
  output?: string;
  dryRun?: boolean;
  json?: boolean;
}

/** `platform kubeconfig <stack>`: the admin's kubeconfig of the stack's cluster into a file of mode 0600. */
export async function kubeconfig(name: string, options: KubeconfigOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  await withPreparedStack(name, terminal.note, { create: false }, async (stack) => {
    const outputs = await stack.outputs();
    const text: unknown = outputs["kubeconfig"]?.value;
    if (typeof text !== "string" || text === "") {
      throw new Failure(
        "usage",
        `Stack ${name} has no cluster of its own, or was not brought up since it has one; look at cluster.kind in Pulumi.${name}.yaml, then run: platform up ${name}`,
      );
    }
    const file = targetFile(name, options, process.env);
    const written = writeKubeconfig(text, file, {
      merge: options.merge ?? false,
      dryRun: options.dryRun ?? false,
    });
    terminal.out(
      options.json
        ? JSON.stringify({ file, ...written })
        : `${written.changed ? (options.dryRun ? "Would write" : "Wrote") : "Nothing to change in"} ${file}, context ${written.context}.\n  kubectl --kubeconfig ${file} --context ${written.context} get nodes`,
    );
  });
}

/** The file that is meant: named, or the one kubectl uses, or one of the stack's own beside it. */
export function targetFile(
  name: string,
  { merge, output }: KubeconfigOptions,
  env: NodeJS.ProcessEnv,
): string {
  if (output !== undefined) return output;
  if (!merge) return join(homedir(), ".kube", `ebpf-platform-${name}.yaml`);
  return env["KUBECONFIG"]?.split(":").find((file) => file !== "") ?? join(homedir(), ".kube", "config");
}
