import type { EngineEvent, OutputMap, Stack } from "@pulumi/pulumi/automation";
import { Failure, messageOf } from "../failure";
import type { Terminal } from "../terminal";
import { changeLine, countChanges, type ChangeCounts } from "./changes";
import { endOfProcess, judgeFailure, plainText, type EngineProblem } from "./engine-problem";
import { withInterrupt } from "./interrupt";
import { policyPack } from "./open";

export type Verb = "preview" | "up" | "refresh" | "destroy";

export interface OperationResult {
  changes: ChangeCounts;
  seconds: number;
  /** What the stack holds after an update; empty after any other operation. */
  outputs: OutputMap;
}

/** A resource that the engine has looked at, with its inputs; secrets in them are blinded. */
export interface SeenResource {
  readonly type: string;
  readonly urn: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Gathers what matters of the engine's event stream: the summary, resources, errors and what policies said. */
export class EventRecord {
  changes: ChangeCounts | undefined;
  readonly errors: EngineProblem[] = [];
  readonly violations: string[] = [];
  readonly policyEvents: NonNullable<EngineEvent["policyEvent"]>[] = [];
  readonly resources: SeenResource[] = [];

  add(event: EngineEvent): void {
    const { diagnosticEvent: diagnostic, policyEvent: policy, summaryEvent: summary } = event;
    const seen = event.resourcePreEvent?.metadata;
    if (seen?.new) this.resources.push({ type: seen.type, urn: seen.urn, inputs: seen.new.inputs });
    if (policy) this.policyEvents.push(policy);
    if (summary) this.changes = countChanges(summary.resourceChanges);
    if (diagnostic?.severity === "error") {
      this.errors.push({
        ...(diagnostic.urn ? { resource: diagnostic.urn.split("::").at(-1) ?? diagnostic.urn } : {}),
        message: plainText(diagnostic.message),
      });
    }
    if (policy?.enforcementLevel === "mandatory") {
      const resource = policy.resourceUrn?.split("::").at(-1) ?? "the stack";
      this.violations.push(`${policy.policyName} on ${resource}: ${plainText(policy.message).trim()}`);
    }
  }
}

/** The engine ends its output with blank lines and repaints; on a log only whole lines are wanted. */
function streamTo(terminal: Pick<Terminal, "note">): (chunk: string) => void {
  return (chunk) => terminal.note(chunk);
}

/**
 * Runs one engine operation, streams what it says, and turns its end into counts or one `Failure`. Whoever passes a
 * record finds in it what was seen until then.
 */
export async function runOperation(
  verb: Verb,
  stack: Stack,
  terminal: Pick<Terminal, "colours" | "note">,
  record = new EventRecord(),
  /** URNs, with `*` and `**`, of the resources that a preview or an update may touch; all when empty. */
  target: readonly string[] = [],
): Promise<OperationResult> {
  const started = Date.now();
  const stderr: string[] = [];
  return withInterrupt(terminal.note, async (signal) => {
    const options = {
      color: terminal.colours ? ("always" as const) : ("never" as const),
      suppressProgress: true,
      suppressOutputs: true,
      onOutput: streamTo(terminal),
      onError: (text: string) => void stderr.push(text),
      onEvent: (event: EngineEvent) => record.add(event),
      signal,
      ...(target.length > 0 && { target: [...target] }),
    };
    let outputs: OutputMap = {};
    try {
      if (verb === "preview") await stack.preview({ ...options, policyPacks: [policyPack()] });
      else if (verb === "up") ({ outputs } = await stack.up({ ...options, policyPacks: [policyPack()] }));
      else if (verb === "refresh") await stack.refresh(options);
      else await stack.destroy({ ...options, remove: false });
    } catch (error) {
      if (error instanceof Failure) throw error;
      const known = record.errors.length > 0 || stderr.length > 0;
      const said = known ? stderr.join("") : endOfProcess(messageOf(error));
      throw judgeFailure(`${verb} of ${stack.name}`, signal.aborted, record, said);
    }
    const seconds = Math.round((Date.now() - started) / 1000);
    return { changes: record.changes ?? countChanges({}), seconds, outputs };
  });
}

/** The line that ends a run. */
export function endLine(
  verb: Verb,
  stack: string,
  result: Pick<OperationResult, "changes" | "seconds">,
): string {
  const dry = verb === "preview" ? " would be" : "";
  return `${verb} ${stack}:${dry} ${changeLine(result.changes)} (${result.seconds} s)`;
}
