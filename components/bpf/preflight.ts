import { preflight, type AskedProgram } from "@ebpf-platform/lib/bpf-preflight";
import type { NodeConnection } from "../node/connection";
import { readCached } from "./build-cache";
import { buildLoader } from "./loader-build";
import { NodeLoader } from "./provider/node-loader";
import { answers, type Probe } from "./provider/observation";

/** What a node can do, and one sentence for each thing that is asked of it and that it cannot do. */
export interface PreflightReport {
  readonly node: string;
  readonly abilities: Probe;
  readonly faults: readonly string[];
}

/**
 * Asks a node's kernel what it can load. Leaves the node as it was: a loader that was not there goes again. Throws
 * `NodeError` when the node cannot be reached.
 */
export async function preflightNode(
  node: string,
  connection: NodeConnection,
  asked: readonly AskedProgram[],
): Promise<PreflightReport> {
  const { sha256 } = buildLoader();
  const text = await NodeLoader.use(node, connection, async (loader) => {
    const there = await loader.verb("probe");
    if (there !== undefined) return there;
    await loader.ensureInstalled(sha256, () => readCached(sha256, "the BPF loader"));
    try {
      return await loader.mustVerb("probe");
    } finally {
      await loader.uninstall();
    }
  });
  const abilities = answers.probe(node, text);
  return { node, abilities, faults: preflight(node, abilities, asked) };
}
