import { collectStatus } from "../status/collect";
import { renderStatus } from "../status/render";
import { withPreparedStack } from "../stack/open";
import { openTerminal } from "../terminal";

export interface StatusOptions {
  verbose?: boolean;
  json?: boolean;
  /** Requests through the first VIP, see `CollectOptions`. */
  requests?: number;
}

/** `platform status <stack>`: reads outputs and nodes, changes nothing. */
export async function status(name: string, options: StatusOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  await withPreparedStack(name, terminal.note, { create: false }, async (stack) => {
    const report = await collectStatus(name, await stack.outputs(), options);
    terminal.out(options.json ? JSON.stringify(report, null, 2) : renderStatus(report, terminal.paint));
  });
}
