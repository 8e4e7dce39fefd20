import { createHash } from "node:crypto";
import { createWriteStream, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AirGapFile } from "@ebpf-platform/lib/release";
import { parse } from "yaml";
import { z } from "zod";
import { checksumOf } from "../engine/download";
import { Failure, messageOf } from "../failure";

/** A blocked network must cost seconds, not minutes: the small list is asked for first. */
const LIST_MS = 30_000;
/** The images of k3s are about 200 MB. */
const FILE_MS = 1_800_000;

/** Where a file is and what its bytes must be. */
export interface Located {
  readonly url: string;
  readonly sha256: string;
  /** Who says the digest: the release's lock, or the place the file comes from. */
  readonly verified: "lock" | "publisher";
}

const index = z.object({
  entries: z.record(
    z.string(),
    z.array(z.object({ version: z.string(), urls: z.array(z.string()), digest: z.string().optional() })),
  ),
});

/** Lists that were asked for already: a repository's index names all of its charts. */
export class Publishers {
  private readonly texts = new Map<string, Promise<string>>();

  /** Throws a `Failure` when the place does not answer or does not name the file. */
  async locate({ what, source, sha256 }: AirGapFile): Promise<Located> {
    if (source.kind === "file") {
      if (sha256 !== undefined) return { url: source.url, sha256, verified: "lock" };
      const published = checksumOf(await this.text(source.list), source.name);
      if (published !== undefined) return { url: source.url, sha256: published, verified: "publisher" };
      throw new Failure(
        "failed",
        `${source.list} has no SHA-256 of ${source.name}; look for another release.`,
      );
    }
    const { repository, chart, version } = source;
    const address = `${repository}/index.yaml`;
    const entries = index.safeParse(parse(await this.text(address))).data?.entries[chart] ?? [];
    const entry = entries.find((each) => each.version.replace(/^v/, "") === version.replace(/^v/, ""));
    const url = entry?.urls[0];
    const digest = sha256 ?? entry?.digest?.replace(/^sha256:/, "");
    if (url === undefined || digest === undefined) {
      throw new Failure("failed", `${address} has no ${what} with a digest; look for another version.`);
    }
    return {
      url: new URL(url, `${repository}/`).href,
      sha256: digest,
      verified: sha256 === undefined ? "publisher" : "lock",
    };
  }

  private text(url: string): Promise<string> {
    const asked = this.texts.get(url) ?? getText(url);
    this.texts.set(url, asked);
    return asked;
  }
}

async function getText(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(LIST_MS) });
    if (!answer.ok) throw new Error(`it answered ${String(answer.status)}`);
    return await answer.text();
  } catch (error) {
    throw unreachable(url, error);
  }
}

/** Fetches a file, whole and verified or not at all. */
export async function download({ url, sha256 }: Located, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const hash = createHash("sha256");
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(FILE_MS) });
    if (!answer.ok || !answer.body) throw new Error(`it answered ${String(answer.status)}`);
    await pipeline(Readable.from(answer.body), counted, createWriteStream(part));
    const found = hash.digest("hex");
    if (found !== sha256) throw new Error(`it has SHA-256 ${found} and must have ${sha256}`);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw unreachable(url, error);
  }
}

function unreachable(url: string, error: unknown): Failure {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return new Failure(
    "failed",
    `${url} could not be fetched (${messageOf(error)}${cause}); nothing of it was kept. Repeat where it can be reached: what is there already is kept.`,
  );
}
