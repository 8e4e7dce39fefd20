import { ATTACHED, type ProgramInputs } from "./inputs";
import type { NodeLoader } from "./node-loader";
import { answers, driftOf, LoaderError, type Observation } from "./observation";

/** What a program's resource holds: its inputs, and what was read from the node. */
export interface ProgramState extends Omit<ProgramInputs, "status"> {
  /** `attached`, or one sentence of what deviates. */
  readonly status: string;
  readonly version: string | null;
  /** SHA-256 of the object that is attached (the node's own build with `build: node`). */
  readonly attachedSha256: string | null;
  readonly observed: Observation | null;
}

/** What is on the node now, as state. A loader that cannot look is drift too: the next update mends it or says why not. */
export async function readState(
  loader: NodeLoader,
  inputs: ProgramInputs,
  version: string | undefined,
): Promise<ProgramState> {
  let found: Observation | undefined;
  let status: string;
  try {
    const answer = await loader.verb("observe", inputs.program);
    found = answer === undefined ? undefined : answers.observe(inputs.node, answer).programs[0];
    status = found === undefined ? "nothing of it is on the node" : (driftOf(found, version) ?? ATTACHED);
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    status = error.message;
  }
  return {
    ...inputs,
    status,
    // What was applied, so that every later look compares with it.
    version: version ?? found?.version ?? null,
    attachedSha256: found?.objectSha256 ?? null,
    observed: found ?? null,
  };
}
