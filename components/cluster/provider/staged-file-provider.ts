import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { NodeConnection } from "../../node/connection";
import { openSession } from "../../node/ssh";
import { shellQuote } from "../../node/shell-quote";

export interface StagedFileInputs {
  readonly node: string;
  /** Secret. */
  readonly connection: NodeConnection;
  /** Path on this machine. */
  readonly source: string;
  readonly sha256: string;
  /** Path on the node. */
  readonly path: string;
  /** Another value: another machine under the same name. */
  readonly instance: string;
}

/** A file of this machine on a node, by its hash; it stays there when the resource goes. */
export const stagedFileProvider = {
  diff: (_id: string, olds: StagedFileInputs, news: StagedFileInputs) => {
    const says = ({ sha256, path, instance }: StagedFileInputs): string =>
      JSON.stringify([sha256, path, instance]);
    return Promise.resolve({ changes: says(olds) !== says(news) });
  },
  create: async (inputs: StagedFileInputs) => {
    await put(inputs);
    return { id: `${inputs.node}${inputs.path}`, outs: { ...inputs } };
  },
  update: async (_id: string, _olds: StagedFileInputs, news: StagedFileInputs) => {
    await put(news);
    return { outs: { ...news } };
  },
};

async function put({ node, connection, source, sha256, path }: StagedFileInputs): Promise<void> {
  const session = await openSession(connection, { node, deadlineMs: 30_000 });
  try {
    const there = await session.exec(`sha256sum ${shellQuote(path)}`, { timeoutMs: 60_000 });
    if (there.stdout.startsWith(`${sha256} `)) return;
    const bytes = readFileSync(source);
    const found = createHash("sha256").update(bytes).digest("hex");
    if (found !== sha256)
      throw new Error(
        `${source} has SHA-256 ${found} and not ${sha256}; fetch it again. Nothing was sent to node ${node}.`,
      );
    const folder = shellQuote(path.slice(0, path.lastIndexOf("/")));
    await session.exec(`mkdir -p ${folder} && chmod 0700 ${folder}`, { timeoutMs: 15_000 });
    await session.put(bytes, path, "600");
  } finally {
    session.close();
  }
}
