import type { OutputMap } from "@pulumi/pulumi/automation";
import { collectStatus } from "../status/collect";
import { renderStatus } from "../status/render";
import type { StatusReport } from "../status/report";
import { withPreparedStack } from "../stack/open";
import { openTerminal } from "../terminal";

export interface StatusOptions {
  verbose?: boolean;
  json?: boolean;
  /** Requests through the first VIP, see `CollectOptions`. */
  requests?: number;
}

/** What the nodes of a stack with these outputs say right now. */
export function readStatus(stack: string, outputs: OutputMap, options: StatusOptions): Promise<StatusReport> {
  const values = Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => [name, output.value as unknown]),
  );
  return collectStatus(stack, values, {
    verbose: options.verbose ?? false,
    requests: options.requests ?? 0,
  });
}

/** `platform status <stack>`: reads outputs and nodes, changes nothing. */
export async function status(name: string, options: StatusOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  await withPreparedStack(name, terminal.note, { create: false }, async (stack) => {
    const report = await readStatus(name, await stack.outputs(), options);
    terminal.out(options.json ? JSON.stringify(report, null, 2) : renderStatus(report, terminal.paint));
  });
}
