import { createHash } from "node:crypto";

/**
 * An append-only file of entries, each on one line with the hash of the line before. A line is JSON:
 * `{"seq":1,"at":"2026-11-22T02:00:00.000Z","previous":"<64 hex>","body":{…},"hash":"<64 hex>"}`, where `hash` is the
 * SHA-256 of the line without its `hash` member. The first `previous` is the SHA-256 of the chain's name, so that no
 * chain passes for another one. Every changed byte shows; that nothing was cut off at the end shows only where the last
 * hash is known from elsewhere (git, another entry).
 */
export interface ChainEntry<Body> {
  /** From 1. */
  readonly seq: number;
  /** When it was written, ISO 8601 in UTC. */
  readonly at: string;
  readonly previous: string;
  readonly body: Body;
  readonly hash: string;
}

/** Where the next entry goes on. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

export interface Chain<Body> {
  readonly entries: readonly ChainEntry<Body>[];
  readonly end: ChainEnd;
  /**
   * Bytes of the file that are whole entries. More than that is a last line whose writer was killed: it was never
   * acted upon, and the writer that goes on cuts it off first.
   */
  readonly length: number;
}

/** The end of a chain without entries. */
export function chainStart(name: string): ChainEnd {
  return { seq: 0, hash: sha256(name) };
}

/** The line of the next entry, with its newline, and the end after it. */
export function chainLine(
  end: ChainEnd,
  at: Date,
  body: unknown,
): { readonly line: string; readonly end: ChainEnd } {
  const seq = end.seq + 1;
  const content = JSON.stringify({ seq, at: at.toISOString(), previous: end.hash, body });
  const hash = sha256(content);
  return { line: `${content.slice(0, -1)},"hash":"${hash}"}\n`, end: { seq, hash } };
}

/**
 * The entries of a file. Only its last line may be torn (no newline); everything else that is not as it was written
 * throws one sentence with file and line.
 * @param file how the file is called in errors
 * @param parse reads a body; throws a sentence where it cannot
 */
export function readChain<Body>(
  text: string,
  name: string,
  file: string,
  parse: (body: unknown) => Body,
): Chain<Body> {
  const lines = text.split("\n");
  lines.pop();
  const entries: ChainEntry<Body>[] = [];
  let end = chainStart(name);
  for (const [index, line] of lines.entries()) {
    const entry = readLine(line, end, `${file}, line ${index + 1}`, parse);
    entries.push(entry);
    end = { seq: entry.seq, hash: entry.hash };
  }
  const whole = lines.reduce((bytes, line) => bytes + Buffer.byteLength(line) + 1, 0);
  return { entries, end, length: whole };
}

const shape =
  /^(\{"seq":([0-9]+),"at":"([^"\\]+)","previous":"([0-9a-f]{64})","body":.+),"hash":"([0-9a-f]{64})"\}$/s;

function readLine<Body>(
  line: string,
  end: ChainEnd,
  place: string,
  parse: (body: unknown) => Body,
): ChainEntry<Body> {
  const match = shape.exec(line);
  const remedy = "restore the file from where it is kept; it is never edited";
  if (!match) throw new Error(`${place}: this is no entry of a chain; ${remedy}.`);
  const [, content = "", seq = "", at = "", previous = "", hash = ""] = match;
  if (sha256(`${content}}`) !== hash)
    throw new Error(`${place}: the entry was changed after it was written; ${remedy}.`);
  if (previous !== end.hash || Number(seq) !== end.seq + 1) {
    throw new Error(
      `${place}: the entry does not follow the one before: something was taken out or put in; ${remedy}.`,
    );
  }
  const { body } = JSON.parse(line) as { body: unknown };
  try {
    return { seq: Number(seq), at, previous, body: parse(body), hash };
  } catch (error) {
    throw new Error(`${place}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
