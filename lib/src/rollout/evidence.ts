import { createHash } from "node:crypto";
import * as z from "zod";
import { decideStep, type StepDecision } from "./decide";
import type { GateFile } from "./gate";
import { judgeWindow, type WindowRecord } from "./judge";
import type { ReleaseId } from "./plan";
import type { WindowVerdict } from "./verdict";

/** One judged window, complete: what was asked, what came back, what followed. Its file is named by its SHA-256. */
export interface Evidence {
  readonly schema: 1;
  readonly release: ReleaseId;
  readonly stack: string;
  /** Id of the plan's gate step, for instance `canary/dose-10/gate`. */
  readonly step: string;
  /** SHA-256 of the gate file. */
  readonly gate: string;
  readonly record: WindowRecord;
  readonly verdict: WindowVerdict;
}

const answer = z.union([
  z.strictObject({ status: z.number(), body: z.string(), clockSkew: z.number().optional() }),
  z.strictObject({ failure: z.string() }),
]);
const evidenceSchema = z.strictObject({
  schema: z.literal(1),
  release: z.strictObject({ version: z.string(), sha256: z.string() }),
  stack: z.string(),
  step: z.string(),
  gate: z.string(),
  record: z.strictObject({
    arms: z.strictObject({ candidate: z.string(), control: z.string().optional() }),
    time: z.strictObject({ window: z.number(), evalTime: z.number(), since: z.number() }),
    answers: z.record(z.string(), z.array(answer)),
    baseline: z.record(z.string(), z.array(z.number())).optional(),
  }),
  verdict: z.looseObject({
    window: z.number(),
    evalTime: z.number(),
    verdict: z.string(),
    signals: z.array(z.unknown()),
  }),
});

/** The evidence file of a window, and its name. */
export function renderEvidence(evidence: Evidence): { readonly text: string; readonly sha256: string } {
  const text = `${JSON.stringify(evidence)}\n`;
  return { text, sha256: createHash("sha256").update(text).digest("hex") };
}

/** The evidence in a text. Throws one sentence for bytes of another SHA-256 than the file's name says. */
export function parseEvidence(text: string, sha256: string): Evidence {
  const found = createHash("sha256").update(text).digest("hex");
  if (found !== sha256) {
    throw new Error(
      `Evidence ${sha256} was changed: its SHA-256 is ${found}; restore it from where it is kept.`,
    );
  }
  return readEvidence(text);
}

/** The evidence in a text, whatever it is called. */
export function readEvidence(text: string): Evidence {
  const read = evidenceSchema.safeParse(parseJson(text));
  if (!read.success) throw new Error("This is no evidence of a window that this version can read.");
  const { record, verdict } = read.data;
  return {
    ...read.data,
    record: {
      ...record,
      arms: { candidate: record.arms.candidate, control: record.arms.control },
      answers: Object.fromEntries(
        Object.entries(record.answers).map(([id, answers]) => [
          id,
          answers.map((each) => ("failure" in each ? each : { ...each, clockSkew: each.clockSkew })),
        ]),
      ),
      baseline: record.baseline,
    },
    verdict: verdict as unknown as WindowVerdict,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A recorded run of one step, judged again. */
export interface Replay {
  readonly step: string;
  readonly windows: readonly WindowVerdict[];
  readonly decision: StepDecision;
  /** Windows whose recorded verdict is not what the record gives, one sentence each. */
  readonly differences: readonly string[];
}

/** Judges recorded windows again, step by step in the order in which they come; the clock is the record's own. */
export function replayEvidence(gate: GateFile, evidence: readonly Evidence[]): readonly Replay[] {
  const steps = [...new Set(evidence.map(({ step }) => step))];
  return steps.map((step) => {
    const own = evidence
      .filter((each) => each.step === step)
      .sort((a, b) => a.record.time.window - b.record.time.window);
    const windows = own.map(({ record }) => judgeWindow(gate, record));
    const differences = own.flatMap(({ verdict }, index) => {
      const again = windows[index];
      return again && JSON.stringify(again) !== JSON.stringify(verdict)
        ? [`${step}, window ${again.window}: recorded ${verdict.verdict}, its answers give ${again.verdict}`]
        : [];
    });
    const [first, last] = [own[0]?.record.time.evalTime ?? 0, own.at(-1)?.record.time.evalTime ?? 0];
    return {
      step,
      windows,
      decision: decideStep(gate, windows, last - first + gate.time.windowSeconds),
      differences,
    };
  });
}
