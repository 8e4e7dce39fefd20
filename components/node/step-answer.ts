/** What a step answered: it was run (or met while it ran), or had been done before with the same content. */
export interface StepAnswer {
  readonly step: string;
  readonly state: "done" | "skipped";
  readonly rc: number;
  /** SHA-256 of script, arguments and secrets. */
  readonly hash: string;
  /** Whole seconds the script ran. */
  readonly seconds: number;
  /** The JSON object the script wrote to file descriptor 3, or null. */
  readonly output: Readonly<Record<string, unknown>> | null;
}

/** Reads the runner's one line. Throws one sentence that names step and node when it is no answer. */
export function parseAnswer(text: string, step: string, node: string): StepAnswer {
  const answer = parsed(text);
  if (isAnswer(answer)) return answer;
  throw new Error(
    `Step ${step} on node ${node} wrote no valid JSON object to file descriptor 3; correct its script and repeat.`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isAnswer(value: unknown): value is StepAnswer {
  if (typeof value !== "object" || value === null) return false;
  const { step, state, rc, hash, seconds, output } = value as Record<string, unknown>;
  return (
    typeof step === "string" &&
    (state === "done" || state === "skipped") &&
    typeof rc === "number" &&
    typeof hash === "string" &&
    typeof seconds === "number" &&
    typeof output === "object" &&
    !Array.isArray(output)
  );
}
