import type { PlatformConfig } from "@ebpf-platform/lib/config";
import type { ReleaseLock } from "@ebpf-platform/lib/release";
import {
  readLedger,
  releaseRecord,
  stackOfStage,
  stageBefore,
  verifiedObjects,
} from "@ebpf-platform/lib/rollout";

/** What ledgers say to the rules. */
export interface LedgerFacts {
  /** What the ledgers hold against the release; undefined when nothing, or when the stage before has no ledger yet. */
  readonly problem?: string;
  /** SHA-256 of each BPF object that a verified release ran in the stage before. */
  readonly auditedObjects: readonly string[];
}

/**
 * What the ledger of the stage before shows of a release: verified by the lock's gate files, and not taken back since,
 * there or on the stack itself. A ledger that was changed is a problem, never a missing one.
 * @param readText gives the text of `ledger/<stack>.ndjson`, or undefined where there is none
 */
export function ledgerFacts(
  platform: Pick<PlatformConfig, "stack" | "stage" | "release">,
  lock: ReleaseLock,
  readText: (stack: string) => string | undefined,
): LedgerFacts {
  const { stack, stage, release } = platform;
  if (release === "workspace") return { auditedObjects: [] };
  try {
    const own = load(stack, readText);
    const barred = own && releaseRecord(own, release.sha256).barred;
    const before = stageBefore(stage);
    const other = before === undefined ? undefined : stackOfStage(stack, stage, before);
    const ledger = other === undefined ? undefined : load(other, readText);
    const auditedObjects = ledger ? [...verifiedObjects(ledger)] : [];
    if (barred) return { problem: `was taken back from ${stack}: ${barred.body.reason}`, auditedObjects };
    if (ledger === undefined || other === undefined) return { auditedObjects };
    const { verified, barred: barredBefore } = releaseRecord(ledger, release.sha256);
    if (barredBefore)
      return { problem: `was taken back from ${other}: ${barredBefore.body.reason}`, auditedObjects };
    if (verified === undefined)
      return { problem: `is not verified in the ledger of ${other}`, auditedObjects };
    if (verified.body.gates === lock.gates.sha256) return { auditedObjects };
    return { problem: `was verified on ${other} with other gate files than the lock's`, auditedObjects };
  } catch (error) {
    if (error instanceof Error)
      return { problem: `cannot be looked up: ${error.message}`, auditedObjects: [] };
    throw error;
  }
}

function load(stack: string, readText: (stack: string) => string | undefined) {
  const text = readText(stack);
  return text === undefined ? undefined : readLedger(text, stack, `ledger/${stack}.ndjson`);
}
