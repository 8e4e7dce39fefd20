import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { shellQuote } from "../../components/node/shell-quote";
import type { NodeSession } from "../../components/node/ssh";
import type { SnapshotOptions } from "../commands/operations";
import { Failure } from "../failure";
import { withProgress } from "../progress";
import { openTerminal } from "../terminal";
import { clusterNodes, clusterStep, onNode, serverOf } from "./cluster-nodes";

/** A copy comes over the session in memory; a larger archive is copied with scp. */
const COPY_LIMIT = 256 << 20;
const COPY_MS = 600_000;

/** `platform snapshot <stack>`: an archive of the datastore on a server, and with `--to` a copy here. */
export async function snapshot(stack: string, options: SnapshotOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const keep = Number(options.keep);
  if (!Number.isInteger(keep) || keep < 0)
    throw new Failure("usage", `--keep ${options.keep} is no count; write 0 (all) or more.`);
  const server = serverOf(await clusterNodes(stack, terminal.note), options.node);
  const print = (result: Readonly<Record<string, unknown>>, line: string) =>
    terminal.out(options.json ? JSON.stringify({ stack, node: server.name, ...result }, null, 2) : line);
  if (options.list) {
    const { output } = await onNode(server, (session) =>
      clusterStep(session, "k3s-facts", { role: "server" }),
    );
    const archives = ((output?.archives ?? []) as string[]).map((file) => file.replace(/\.tar$/, ""));
    print({ archives }, archives.length === 0 ? `No snapshot is on ${server.name}.` : archives.join("\n"));
    return;
  }
  const name =
    options.name ??
    `${stack}-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}`;
  if (options.dryRun) {
    print(
      { name, dryRun: true },
      `The datastore would be archived on ${server.name} as ${name}; nothing was done.`,
    );
    return;
  }
  await onNode(server, async (session) => {
    const { output } = await withProgress(`Archiving the datastore of ${server.name}`, () =>
      clusterStep(session, "k3s-snapshot", { name, keep: String(keep) }),
    );
    const archive = {
      path: String(output?.path),
      sha256: String(output?.sha256),
      bytes: Number(output?.bytes),
    };
    if (options.to !== undefined) await copyHere(session, archive, resolve(options.to));
    print(
      { name, ...output, ...(options.to === undefined ? {} : { copy: resolve(options.to) }) },
      `${name}: ${archive.path} on ${server.name}, ${String(archive.bytes)} bytes, SHA-256 ${archive.sha256}`,
    );
  });
}

/** Whole and as the node has it, or not at all. It holds the server's token: 0600. */
async function copyHere(
  session: NodeSession,
  { path, sha256, bytes }: { path: string; sha256: string; bytes: number },
  to: string,
): Promise<void> {
  if (bytes > COPY_LIMIT) {
    throw new Failure(
      "failed",
      `The snapshot is on ${session.node} (${path}) and too large to be copied from here (${String(bytes)} bytes); copy it with scp.`,
    );
  }
  const file = shellQuote(path);
  const { code, stdout } = await session.exec(
    `if [ "$(id -u)" = 0 ]; then base64 -w0 ${file}; else sudo -n base64 -w0 ${file}; fi`,
    { timeoutMs: COPY_MS, maxBytes: 2 * bytes + 1024 },
  );
  const content = Buffer.from(stdout, "base64");
  const found = createHash("sha256").update(content).digest("hex");
  if (code !== 0 || found !== sha256) {
    throw new Failure(
      "failed",
      `The snapshot is on ${session.node} (${path}) and did not reach this machine whole; copy it with scp.`,
    );
  }
  writeFileSync(`${to}.new`, content, { mode: 0o600 });
  renameSync(`${to}.new`, to);
}
