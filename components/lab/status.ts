import type { createColors } from "picocolors";

/** What `platform status` prints; the JSON form is this object. */
export interface StackStatus {
  stack: string;
  /** The stack outputs of the same names. */
  lab?: unknown;
  nodes?: unknown;
  programs?: unknown;
}

export interface StatusRequest {
  verbose: boolean;
}

/** Gathers the status of a stack from its (decrypted) outputs. */
export function collectStatus(
  stack: string,
  outputs: Readonly<Record<string, unknown>>,
  _request: StatusRequest,
): Promise<StackStatus> {
  const { lab, nodes, programs } = outputs;
  return Promise.resolve({ stack, lab, nodes, programs });
}

/** The status as text for a terminal. */
export function renderStatus(status: StackStatus, paint: ReturnType<typeof createColors>): string {
  const { stack, ...parts } = status;
  const lines = Object.entries(parts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${paint.bold(name)}: ${JSON.stringify(value)}`);
  return [paint.bold(`Stack ${stack}`), ...lines].join("\n");
}
