import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { hostOf, renderSums } from "@ebpf-platform/lib/release";
import type { FetchOptions } from "../commands/fetch";
import { withProgress } from "../progress";
import { table } from "../table";
import { openTerminal } from "../terminal";
import { download, Publishers } from "./download";
import { sha256Of, wantedFiles } from "./files";

interface Row {
  readonly path: string;
  readonly what: string;
  /** `fetched`, `kept` (it was there and right), `would be fetched` or `there`. */
  readonly state: string;
  readonly sha256?: string;
  /** `lock`, or `publisher` where the release's lock has no digest. */
  readonly verified?: string;
}

/** `platform fetch --for <stack>`: fills a folder, or with `--dry-run` says what it would fetch. */
export async function fetchFor(options: FetchOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const { files } = wantedFiles(options.for, options.arch);
  const folder = resolve(options.to ?? join("air-gap", options.for));
  const publishers = new Publishers();
  const rows: Row[] = [];
  for (const file of files) {
    const path = join(folder, file.path);
    const { path: place, what } = file;
    if (options.dryRun) {
      const state = existsSync(path) ? "there" : `would be fetched from ${hostOf(file)}`;
      rows.push({ path: place, what, state, ...(file.sha256 === undefined ? {} : { sha256: file.sha256 }) });
      continue;
    }
    const located = await publishers.locate(file);
    const kept = (await sha256Of(path)) === located.sha256;
    if (!kept) await withProgress(`Fetching ${place}`, () => download(located, path));
    rows.push({
      path: place,
      what,
      state: kept ? "kept" : "fetched",
      sha256: located.sha256,
      verified: located.verified,
    });
  }
  if (!options.dryRun) writeSums(folder, rows);
  terminal.out(
    options.json
      ? JSON.stringify({ stack: options.for, folder, files: rows }, null, 2)
      : table(
          ["file", "state", "SHA-256"],
          rows.map(({ path, state, sha256, verified }) => [
            path,
            state,
            sha256 === undefined
              ? "named by its publisher"
              : verified === "publisher"
                ? `${sha256} (publisher's)`
                : sha256,
          ]),
        ),
  );
  if (files.length === 0) terminal.note(`Stack ${options.for} needs nothing from outside for its cluster.`);
}

/** All or nothing: a list that was cut off would name too few files. */
function writeSums(folder: string, rows: readonly Row[]): void {
  const sums = Object.fromEntries(rows.map(({ path, sha256 }) => [path, sha256 ?? ""]));
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "SHA256SUMS");
  writeFileSync(`${path}.new`, renderSums(sums));
  renameSync(`${path}.new`, path);
}
