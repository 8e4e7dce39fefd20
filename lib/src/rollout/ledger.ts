import * as z from "zod";
import { chainLine, chainStart, readChain, type Chain, type ChainEnd, type ChainEntry } from "./chain";
import { ROLLOUT_STAGES, type ReleaseId, type StagePlan } from "./plan";

/**
 * A stage's record of what ran there, one chain a stack (`ledger/<stack>.ndjson`). What it says in its chain's order:
 * - `exposed`: the stage's last dose runs the release; the soak begins.
 * - `verified`: its gates passed. `gate` is the SHA-256 of the stage's gate file, `gates` the one of all files (the
 *   lock's), `evidence` the SHA-256 of a file for every judged window (`ledger/evidence/<sha256>.json`), `objects` the
 *   SHA-256 of every BPF object that ran, by source: in audit or enforcing, none was refused by its gate.
 * - `rolledBack`: it was taken back, and is barred from then on; `lifted`: a person allows it again.
 */
export type LedgerRecord =
  | { readonly type: "exposed"; readonly release: ReleaseId }
  | {
      readonly type: "verified";
      readonly release: ReleaseId;
      readonly gate: string;
      readonly gates: string;
      readonly evidence: readonly string[];
      readonly objects: Readonly<Record<string, string>>;
    }
  | { readonly type: "rolledBack"; readonly release: ReleaseId; readonly reason: string }
  | { readonly type: "lifted"; readonly release: ReleaseId; readonly by: string; readonly reason: string };

export type Ledger = Chain<LedgerRecord>;
type Entry<Type extends LedgerRecord["type"]> = ChainEntry<Extract<LedgerRecord, { type: Type }>>;

const chainName = (stack: string): string => `ebpf-platform ledger ${stack}`;
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const release = z.strictObject({ version: z.string(), sha256: digest });
const recordSchema: z.ZodType<LedgerRecord> = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("exposed"), release }),
  z.strictObject({
    type: z.literal("verified"),
    release,
    gate: digest,
    gates: digest,
    evidence: z.array(digest).min(1),
    objects: z.record(z.string(), digest),
  }),
  z.strictObject({ type: z.literal("rolledBack"), release, reason: z.string() }),
  z.strictObject({ type: z.literal("lifted"), release, by: z.string(), reason: z.string() }),
]);

/** The ledger of a stack in a text. Throws for bytes that were changed; a torn last line is left out. */
export function readLedger(text: string, stack: string, file: string): Ledger {
  return readChain(text, chainName(stack), file, parseRecord);
}

function parseRecord(body: unknown): LedgerRecord {
  const read = recordSchema.safeParse(body);
  if (read.success) return read.data;
  throw new Error(
    "this entry is no record of a ledger that this version knows; read it with the version that wrote it.",
  );
}

/** The line of the next record. Throws for one that this version would not read again. */
export function ledgerLine(
  end: ChainEnd,
  record: LedgerRecord,
  at: Date,
): { readonly line: string; readonly end: ChainEnd } {
  return chainLine(end, at, parseRecord(record));
}

/** Where a new ledger begins. */
export function ledgerStart(stack: string): ChainEnd {
  return chainStart(chainName(stack));
}

/** Where a release stands in a ledger. */
export interface ReleaseRecord {
  readonly exposed: Entry<"exposed"> | undefined;
  /** The verdict that counts: none where the release was taken back after it. */
  readonly verified: Entry<"verified"> | undefined;
  /** It was taken back, and nobody has lifted that since. */
  readonly barred: Entry<"rolledBack"> | undefined;
}

/** What a ledger says of a release, by its SHA-256. */
export function releaseRecord(ledger: Ledger, sha256: string): ReleaseRecord {
  let found: ReleaseRecord = { exposed: undefined, verified: undefined, barred: undefined };
  for (const entry of ledger.entries) {
    if (entry.body.release.sha256 !== sha256) continue;
    found = { ...found, ...after(entry) };
  }
  return found;
}

function after(entry: ChainEntry<LedgerRecord>): Partial<ReleaseRecord> {
  const { body } = entry;
  switch (body.type) {
    case "exposed":
      // Exposed again: what was judged before was another run.
      return { exposed: { ...entry, body }, verified: undefined };
    case "verified":
      return { verified: { ...entry, body } };
    case "rolledBack":
      return { exposed: undefined, verified: undefined, barred: { ...entry, body } };
    case "lifted":
      return { barred: undefined };
  }
}

/** BPF objects, by SHA-256, that some verified release ran in a stage. */
export function verifiedObjects(ledger: Ledger): ReadonlySet<string> {
  return new Set(
    ledger.entries.flatMap(({ body }) => (body.type === "verified" ? Object.values(body.objects) : [])),
  );
}

/** The stage before in the order of promotion; undefined for dev and the lab. */
export function stageBefore(stage: string): StagePlan["stage"] | undefined {
  const index = (ROLLOUT_STAGES as readonly string[]).indexOf(stage);
  return index > 0 ? ROLLOUT_STAGES[index - 1] : undefined;
}

/**
 * The stack of another stage of the same family: `prod` and `canary`, `t-prod` and `t-canary`. Undefined for a stack
 * whose name does not end with its stage.
 */
export function stackOfStage(stack: string, stage: string, other: string): string | undefined {
  const family = stack.slice(0, stack.length - stage.length);
  return stack === `${family}${stage}` && (family === "" || family.endsWith("-"))
    ? `${family}${other}`
    : undefined;
}
