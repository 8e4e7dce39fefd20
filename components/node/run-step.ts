import { NodeError, lastLine, type NodeSession } from "./ssh";
import { parseAnswer, type StepAnswer } from "./step-answer";
import { outerTimeout, stepCommand, stepInput, type Step } from "./step";

export type { Step } from "./step";
export type { StepAnswer } from "./step-answer";

/**
 * Runs a step over an open session, with the same words NodeCommand uses. Throws `NodeError`: `remote` when the step
 * failed (its message ends with the log's tail), `timeout` when the node ended it, `cut` when the link was lost.
 */
export async function runStep(session: NodeSession, step: Step): Promise<StepAnswer> {
  return callRunner(session, step, "run");
}

/** Takes a step back with its undo script. */
export async function undoStep(session: NodeSession, step: Step): Promise<StepAnswer> {
  return callRunner(session, step, "undo");
}

async function callRunner(session: NodeSession, step: Step, verb: "run" | "undo"): Promise<StepAnswer> {
  const result = await session.exec(stepCommand(verb, step.timeoutSeconds), {
    stdin: stepInput(step),
    // The node's own limits come first; this one is for a node that does not keep them.
    timeoutMs: (outerTimeout(step.timeoutSeconds) + 30) * 1000,
  });
  if (result.code === 0) return parseAnswer(result.stdout, step.id, session.node);
  const kind = result.code === 124 || result.code === 137 ? "timeout" : "remote";
  const said = result.stderr.trim() || lastLine(result.stdout) || "it said nothing";
  const message = said.startsWith("step ")
    ? said
    : `step ${step.id} on node ${session.node} could not be run: ${said}`;
  throw new NodeError(kind, session.node, message.charAt(0).toUpperCase() + message.slice(1));
}
