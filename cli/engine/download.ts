import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../failure";
import { withProgress } from "../progress";
import { lastLines, runCommand } from "../run-command";
import { installEngine } from "./install-folder";
import type { Engine } from "./locate";
import type { EnginePins } from "./pins";

/** Where Pulumi publishes its releases (its install script reads the same place). */
const RELEASES = "https://get.pulumi.com/releases/sdk";

/** A blocked network must cost seconds, not minutes: the small checksum file is asked for first. */
const FIRST_ANSWER_MS = 5_000;
const DOWNLOAD_MS = 300_000;

async function fetchBytes(url: string, timeoutMs: number): Promise<Buffer> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** The SHA-256 of one file in a `sha256sum`-style list. */
export function checksumOf(list: string, file: string): string | undefined {
  for (const line of list.split("\n")) {
    const [sum, name] = line.trim().split(/\s+\*?/);
    if (name === file && sum !== undefined && /^[0-9a-f]{64}$/.test(sum)) return sum;
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${messageOf(error)}${cause}`;
}

/**
 * Fetches the official release. What is verified: the bytes against the checksum file that Pulumi publishes in the
 * same place over TLS. There is no hash of ours to compare with, as none was computed from bytes in hand.
 */
export async function downloadEngine(
  pins: EnginePins,
  target: string,
  note: (text: string) => void,
): Promise<Engine | { reason: string }> {
  const file = `pulumi-v${pins.pulumi}-linux-${process.arch}.tar.gz`;
  let expected: string | undefined;
  try {
    const list = await fetchBytes(`${RELEASES}/pulumi-${pins.pulumi}-checksums.txt`, FIRST_ANSWER_MS);
    expected = checksumOf(list.toString("utf8"), file);
  } catch (error) {
    return { reason: `${new URL(RELEASES).host} cannot be reached (${reasonOf(error)})` };
  }
  if (expected === undefined) return { reason: `the published checksums do not list ${file}` };
  try {
    return await withProgress(`Downloading ${file}`, () =>
      installEngine(target, async (bin) => {
        const bytes = await fetchBytes(`${RELEASES}/${file}`, DOWNLOAD_MS);
        const found = createHash("sha256").update(bytes).digest("hex");
        if (found !== expected) throw new Error(`its SHA-256 is ${found}, published is ${expected}`);
        const archive = join(bin, "..", file);
        writeFileSync(archive, bytes);
        const tar = await runCommand("tar", ["-xzf", archive, "--strip-components=1", "-C", bin]);
        if (tar.code !== 0) throw new Error(`tar could not unpack it: ${lastLines(tar.stderr, 2)}`);
        rmSync(archive);
        note(`Pulumi ${pins.pulumi} downloaded; its SHA-256 matches the published one.`);
        return { version: pins.pulumi, how: "download", verified: `published checksum ${found}` };
      }),
    );
  } catch (error) {
    return { reason: `${file} was refused: ${reasonOf(error)}` };
  }
}
