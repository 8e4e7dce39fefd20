import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  decideStep,
  evidencePath,
  gateQuestions,
  judgeWindow,
  parseEvidence,
  renderEvidence,
  type Answer,
  type Arms,
  type GateFile,
  type Question,
  type ReleaseId,
  type RolloutState,
  type RolloutStep,
} from "@ebpf-platform/lib/rollout";
import type { WindowOutcome } from "./driver";

/** A gate with what its windows are about. */
export interface GateOfStep {
  readonly gate: GateFile;
  /** SHA-256 of its file. */
  readonly sha256: string;
  readonly release: ReleaseId;
  readonly arms: Arms;
}

/**
 * Asks, judges and keeps the evidence of one window; the windows before are read back from theirs, so that a verdict
 * never rests on what only a process remembers.
 */
export async function judgeStepWindow(
  root: string,
  { gate, sha256, release, arms }: GateOfStep,
  step: RolloutStep,
  window: number,
  evalTime: number,
  state: RolloutState,
  ask: (question: Question) => Promise<Answer>,
): Promise<WindowOutcome> {
  const before = state.windows.map(({ evidence }) => readEvidenceFile(root, evidence));
  const since = before[0]?.record.time.since ?? evalTime - gate.time.windowSeconds;
  const time = { window, evalTime, since };
  const questions = gateQuestions(gate, arms, time);
  const answers = Object.fromEntries(
    await Promise.all(
      Object.entries(questions).map(
        async ([signal, asked]) => [signal, await Promise.all(asked.map(ask))] as const,
      ),
    ),
  );
  const record = { arms, time, answers, baseline: undefined };
  const verdict = judgeWindow(gate, record);
  const { text, sha256: evidence } = renderEvidence({
    schema: 1,
    release,
    stack: step.stack,
    step: step.id,
    gate: sha256,
    record,
    verdict,
  });
  keep(join(root, evidencePath(evidence)), text);
  const windows = [...before.map((each) => each.verdict), verdict];
  const { decision, reason } = decideStep(gate, windows, evalTime - since);
  return { verdict: verdict.verdict, decision, reason, evidence };
}

function readEvidenceFile(root: string, sha256: string): ReturnType<typeof parseEvidence> {
  return parseEvidence(readFileSync(join(root, evidencePath(sha256)), "utf8"), sha256);
}

/** Its name is its content's hash: one that is there is the same. */
function keep(path: string, text: string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { flush: true });
  renameSync(draft, path);
}
