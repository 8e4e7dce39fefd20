import { parseRelease, releaseIdentity, type ReleaseLock } from "../release/lock";
import { parseEvidence, replayEvidence, type Evidence } from "./evidence";
import type { GateFile } from "./gate";
import { gateDigest, gatesDigest, parseGateFile } from "./gate-schema";
import { readLedger, releaseRecord, stageBefore, stackOfStage, type ReleaseRecord } from "./ledger";
import { planRollout, type ReleaseId, type StagePlan } from "./plan";

/** Everything a promotion is judged by; the readers give a file's text, or undefined where there is none. */
export interface PromotionRequest {
  readonly release: ReleaseId;
  /** Stack and stage that are to run the release. */
  readonly stack: string;
  readonly stage: string;
  readonly readLock: (version: string) => string | undefined;
  /** Gate files by path, `gates/<stage>.yaml`. */
  readonly gates: ReadonlyMap<string, string>;
  readonly readLedger: (stack: string) => string | undefined;
  readonly readEvidence: (sha256: string) => string | undefined;
  readonly now: Date;
}

/**
 * What stands against running a release on a stack, one sentence half each (after "release X on stack Y: "); empty when
 * it may. A changed byte in lock, gate files, evidence or ledger is among them, and so is a stage that was left out: the
 * verdict must stand in the ledger of the stage right before.
 */
export function promotionFaults(request: PromotionRequest): readonly string[] {
  const { release, gates } = request;
  const text = request.readLock(release.version);
  if (text === undefined) return [`there is no releases/${release.version}.json`];
  const identity = releaseIdentity(text);
  if (identity !== release.sha256) {
    return [
      `releases/${release.version}.json has SHA-256 ${identity} and ${release.sha256} was verified; restore it from git`,
    ];
  }
  try {
    const lock = parseRelease(text);
    return [...gatesFaults(lock, gates), ...ledgerFaults(request, lock)];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function gatesFaults(lock: ReleaseLock, gates: ReadonlyMap<string, string>): string[] {
  if (lock.gates.sha256 === null) return [`the lock has no digest for its gate files: ${lock.gates.reason}`];
  const found = gatesDigest(gates);
  if (found === lock.gates.sha256) return [];
  return [
    `the gate files have SHA-256 ${found} and the lock says ${lock.gates.sha256}; restore gates/ from git`,
  ];
}

/** What the ledger of the stage before does not show. Throws for one that was changed. */
function ledgerFaults(request: PromotionRequest, lock: ReleaseLock): string[] {
  const { release, stack, stage, gates } = request;
  const before = stageBefore(stage);
  if (before === undefined) return barredHere(request);
  const other = stackOfStage(stack, stage, before);
  if (other === undefined)
    return [`the name of the stack does not end with its stage ${stage}, so that no stage lies before it`];
  const text = request.readLedger(other);
  if (text === undefined)
    return [...barredHere(request), `stack ${other} has no ledger: run the release there first`];
  const found = releaseRecord(readLedger(text, other, ledgerPath(other)), release.sha256);
  if (found.barred)
    return [`it was taken back from ${other} (${found.barred.body.reason}); a person lifts that`];
  const gateText = gates.get(gatePath(before));
  if (gateText === undefined) return [`there is no ${gatePath(before)}`];
  const gate = parseGateFile(gateText, gatePath(before));
  return [
    ...barredHere(request),
    ...verdictFaults(request, lock, found, {
      stack: other,
      stage: before,
      gate,
      sha256: gateDigest(gateText),
    }),
  ];
}

function barredHere({ release, stack, readLedger: read }: PromotionRequest): string[] {
  const text = read(stack);
  const barred =
    text === undefined
      ? undefined
      : releaseRecord(readLedger(text, stack, ledgerPath(stack)), release.sha256).barred;
  return barred ? [`it was taken back from ${stack} (${barred.body.reason}); a person lifts that`] : [];
}

interface Before {
  readonly stack: string;
  readonly stage: StagePlan["stage"];
  readonly gate: GateFile;
  readonly sha256: string;
}

function verdictFaults(
  request: PromotionRequest,
  lock: ReleaseLock,
  found: ReleaseRecord,
  before: Before,
): string[] {
  const { exposed, verified } = found;
  if (!exposed || !verified) return [`the ledger of ${before.stack} does not show it verified`];
  const { soakSeconds } = before.gate.time;
  const soaked = Math.floor((request.now.getTime() - Date.parse(exposed.at)) / 1000);
  return [
    ...(soaked < soakSeconds ? [`it has run on ${before.stack} for ${soaked} s of ${soakSeconds} s`] : []),
    ...(verified.body.gate === before.sha256 && verified.body.gates === lock.gates.sha256
      ? []
      : [`${before.stack} verified it with other gate files than the lock's`]),
    ...evidenceFaults(request, verified.body.evidence, before),
  ];
}

/** Reads the evidence again: each file whole, of this release and gate, and every step's windows give a pass again. */
function evidenceFaults(request: PromotionRequest, names: readonly string[], before: Before): string[] {
  const evidence: Evidence[] = [];
  for (const name of names) {
    const text = request.readEvidence(name);
    if (text === undefined) return [`evidence ${name} of ${before.stack} is missing`];
    const each = parseEvidence(text, name);
    if (
      each.release.sha256 !== request.release.sha256 ||
      each.gate !== before.sha256 ||
      each.stack !== before.stack
    ) {
      return [`evidence ${name} is of another release, stack or gate`];
    }
    evidence.push(each);
  }
  const replays = replayEvidence(before.gate, evidence);
  const wanted = gateSteps(request.release, before);
  return [
    ...wanted
      .filter((step) => !replays.some((replay) => replay.step === step))
      .map((step) => `no evidence is of ${step}`),
    ...replays.flatMap(({ differences }) => differences),
    ...replays
      .filter(({ decision }) => decision.decision !== "pass")
      .map(({ step, decision }) => `the evidence of ${step} gives no pass: ${decision.reason}`),
  ];
}

/** Ids of the gate steps that a plan has for a stage. */
function gateSteps(release: ReleaseId, { stack, stage, gate, sha256 }: Before): readonly string[] {
  const plan = {
    stack,
    stage,
    previous: release,
    nodes: ["any"],
    doses: gate.steps,
    gate: sha256,
    bakeSeconds: 0,
    approval: false,
  };
  return planRollout(release, [plan])
    .steps.filter(({ kind }) => kind === "gate")
    .map(({ id }) => id);
}

/** Path of a stage's gate file in the project. */
export const gatePath = (stage: string): string => `gates/${stage}.yaml`;
/** Path of a stack's ledger in the project. */
export const ledgerPath = (stack: string): string => `ledger/${stack}.ndjson`;
/** Path of an evidence file in the project. */
export const evidencePath = (sha256: string): string => `ledger/evidence/${sha256}.json`;
