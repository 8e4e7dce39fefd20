import { type Digest, type ReleaseLock, checkRelease, parseRelease } from "@ebpf-platform/lib/release";
import type { PlatformConfig } from "@ebpf-platform/lib/config";
import { ledgerFacts } from "./ledger-facts";

/** What a release lock pins. An absent list means that there is no lock to compare with (`release: workspace`). */
export interface ReleaseFacts {
  /** Why the lock that the config names cannot be used; undefined when all is well. */
  readonly problem?: string;
  readonly imageDigests?: readonly string[];
  readonly charts?: readonly PinnedChart[];
  readonly k3s?: { readonly version: string; readonly sha256: readonly string[] };
  /** SHA-256 of each BPF object. */
  readonly bpfObjects?: readonly string[];
  /** SHA-256 of each BPF object whose audit has passed in the stage before. */
  readonly auditedObjects?: readonly string[];
}

export interface PinnedChart {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the chart's .tgz; absent where its bytes were not in hand. */
  readonly sha256?: string;
}

/**
 * What the rules compare with. A lock that is missing, has another identity or open digests is a problem that P01
 * reports on the stack, before anything is touched.
 * The same holds for what the ledgers say against it.
 * @param readLock gives the text of `releases/<version>.json`, or undefined when there is none
 * @param readLedger gives the text of `ledger/<stack>.ndjson`, or undefined when there is none
 */
export function releaseFacts(
  platform: PlatformConfig | undefined,
  readLock: (version: string) => string | undefined,
  readLedger: (stack: string) => string | undefined,
): ReleaseFacts {
  if (platform === undefined || platform.release === "workspace") return {};
  const { version } = platform.release;
  const text = readLock(version);
  if (text === undefined)
    return { problem: `names release ${version}, and there is no releases/${version}.json` };
  try {
    const lock = parseRelease(text);
    checkRelease(platform, lock, text);
    return { ...factsOf(lock), ...ledgerFacts(platform, lock, readLedger) };
  } catch (error) {
    if (error instanceof Error) return { problem: `cannot be run: ${error.message}` };
    throw error;
  }
}

function factsOf(lock: ReleaseLock): ReleaseFacts {
  const sums = (digests: readonly Digest[]): readonly string[] =>
    digests.flatMap(({ sha256 }) => (sha256 === null ? [] : [sha256]));
  return {
    imageDigests: sums(Object.values(lock.images)).map((sum) => `sha256:${sum}`),
    charts: Object.entries(lock.charts).map(([name, chart]) => ({
      name,
      version: chart.version,
      ...(chart.archive.sha256 === null ? {} : { sha256: chart.archive.sha256 }),
    })),
    k3s: { version: lock.k3s.version, sha256: sums(Object.values(lock.k3s.binaries)) },
    bpfObjects: sums(Object.values(lock.bpf.programs).map((program) => program.object)),
  };
}
