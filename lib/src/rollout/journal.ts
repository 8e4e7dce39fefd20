import * as z from "zod";
import { STAGES } from "../config/types";
import { chainLine, chainStart, readChain, type Chain, type ChainEnd } from "./chain";
import type { RolloutEvent } from "./events";
import { next, replayEvents, type RolloutState } from "./machine";
import { LAST_PARTS, type RolloutPlan } from "./plan";
import { DECISIONS, VERDICTS } from "./verdict";

/** The chain of a rollout's journal: `journal <version>`. */
const chainName = (version: string): string => `ebpf-platform rollout journal ${version}`;

/** A journal read whole. `state` is undefined for one without a first entry. */
export interface Journal {
  readonly chain: Chain<RolloutEvent>;
  readonly state: RolloutState | undefined;
}

/**
 * The journal of a release in a text. Throws for bytes that were changed and for events that cannot follow each other;
 * a torn last line is left out (`chain.length` says how much of the file to keep).
 */
export function readJournal(text: string, version: string, file: string): Journal {
  const chain = readChain(text, chainName(version), file, parseEvent);
  const events = chain.entries.map(({ body }) => body);
  return { chain, state: events.length === 0 ? undefined : replayEvents(events) };
}

/**
 * The line to write, and the state once it is on disk. Throws for an event that cannot follow, so that nothing
 * impossible ever reaches the file.
 */
export function journalLine(
  journal: { readonly end: ChainEnd; readonly state: RolloutState | undefined },
  event: RolloutEvent,
  at: Date,
): { readonly line: string; readonly end: ChainEnd; readonly state: RolloutState } {
  const state = journal.state === undefined ? replayEvents([event]) : next(journal.state, event);
  return { ...chainLine(journal.end, at, event), state };
}

/** Where the journal of a new rollout begins. */
export function journalStart(version: string): { readonly end: ChainEnd; readonly state: undefined } {
  return { end: chainStart(chainName(version)), state: undefined };
}

const release = z.strictObject({ version: z.string(), sha256: z.string() });
const dose = { dose: z.number(), enable: z.exactOptional(z.array(z.enum(LAST_PARTS))) };
const stages = STAGES.filter((stage) => stage !== "lab");
const stage = z.enum(stages);
const stepKinds = [
  "preflight",
  "promote",
  "preview",
  "approve",
  "snapshot",
  "update",
  "expose",
  "verify",
  "bake",
  "gate",
  "record",
] as const;
const plan: z.ZodType<RolloutPlan> = z.strictObject({
  release,
  stages: z.array(
    z.strictObject({
      stack: z.string(),
      stage,
      previous: release.nullable(),
      nodes: z.array(z.string()),
      doses: z.array(z.strictObject(dose)),
      gate: z.string(),
      bakeSeconds: z.number(),
      approval: z.boolean(),
    }),
  ),
  steps: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.enum(stepKinds),
      stack: z.string(),
      stage,
      dose: z.exactOptional(z.number()),
      nodes: z.exactOptional(z.array(z.string())),
      enable: dose.enable,
    }),
  ),
});
const holder = z.strictObject({ pid: z.number(), host: z.string(), bootId: z.string() });
const type = <Type extends RolloutEvent["type"]>(name: Type) => z.literal(name);
const said = { by: z.string(), reason: z.string() };
const eventSchema: z.ZodType<RolloutEvent> = z.discriminatedUnion("type", [
  z.strictObject({ type: type("begun"), plan, holder }),
  z.strictObject({ type: type("resumed"), holder }),
  z.strictObject({ type: type("started"), step: z.string() }),
  z.strictObject({
    type: type("finished"),
    step: z.string(),
    evidence: z.exactOptional(z.array(z.string())),
  }),
  z.strictObject({ type: type("failed"), step: z.string(), reason: z.string() }),
  z.strictObject({ type: type("judging"), step: z.string(), window: z.number(), evalTime: z.number() }),
  z.strictObject({
    type: type("judged"),
    step: z.string(),
    window: z.number(),
    verdict: z.enum(VERDICTS),
    decision: z.enum(DECISIONS),
    reason: z.string(),
    evidence: z.string(),
  }),
  z.strictObject({ type: type("approved"), step: z.string(), by: z.string(), lock: z.string() }),
  z.strictObject({ type: type("aborted"), ...said }),
  z.strictObject({ type: type("rollbackAsked"), ...said }),
  z.strictObject({ type: type("frozen"), ...said }),
  z.strictObject({ type: type("thawed"), by: z.string() }),
]);

function parseEvent(body: unknown): RolloutEvent {
  const read = eventSchema.safeParse(body);
  if (read.success) return read.data;
  throw new Error("this entry is no event that this version knows; read it with the version that wrote it.");
}
