import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { mergeKubeconfig } from "@ebpf-platform/lib/k3s";
import { parse } from "yaml";
import { Failure, messageOf } from "../failure";

/** What was written. */
export interface WrittenKubeconfig {
  readonly context: string;
  readonly changed: boolean;
}

/**
 * Puts a kubeconfig into a file of mode 0600, whole or not at all. Another cluster's file is only merged into, never
 * written over. Throws one sentence for a file that is no kubeconfig.
 */
export function writeKubeconfig(
  text: string,
  file: string,
  { merge, dryRun }: { merge: boolean; dryRun: boolean },
): WrittenKubeconfig {
  const context = contextOf(text);
  const old = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (!merge && old !== "" && contextOf(old) !== context) {
    throw new Failure(
      "usage",
      `${file} holds another kubeconfig; add --merge to put context ${context} beside it, or name another file with --output.`,
    );
  }
  const next = merge ? merged(old, text, file) : text;
  const changed = next !== old || (statSync(file).mode & 0o777) !== 0o600;
  if (changed && !dryRun) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const fresh = `${file}.${String(process.pid)}`;
    writeFileSync(fresh, next, { mode: 0o600 });
    chmodSync(fresh, 0o600);
    renameSync(fresh, file);
  }
  return { context, changed };
}

function contextOf(text: string): string {
  try {
    const { "current-context": context } = (parse(text) ?? {}) as { "current-context"?: unknown };
    return typeof context === "string" ? context : "";
  } catch {
    return ""; // no YAML: another file, and its words may be secret
  }
}

function merged(old: string, text: string, file: string): string {
  try {
    return mergeKubeconfig(old, text);
  } catch (error) {
    const why =
      error instanceof Error && error.message.startsWith("The file") ? messageOf(error) : "It is no YAML.";
    throw new Failure("usage", `${file} cannot be merged into: ${why}`);
  }
}
