import { readCached } from "../build-cache";
import type { ProgramInputs } from "./inputs";
import type { NodeLoader } from "./node-loader";

/** Where a node builds: sources of one build, by the hash of the whole. */
export const BUILD_DIR = "/var/lib/ebpf-platform/build";

/** Builds the object on the node with the node's own compiler; answers its hash and where it lies there. */
export async function buildOnNode(
  loader: NodeLoader,
  inputs: ProgramInputs,
): Promise<{ sha256: string; path: string }> {
  const folder = `${BUILD_DIR}/${inputs.program}`;
  await loader.script("build-folder.sh", folder);
  for (const { path, sha256 } of inputs.sources ?? []) {
    await loader.put(readCached(sha256, path), `${folder}/${path}`, path.endsWith(".sh") ? "700" : "600");
  }
  const output = await loader.script("build-object.sh", folder, inputs.source);
  const [sha256 = "", path = ""] = output.trim().split(/\s+/);
  return { sha256, path };
}
