import type { Stack } from "@pulumi/pulumi/automation";
import { collectStatus, renderStatus } from "../../components/lab/status";
import { openStack, prepareStack } from "../stack/open";
import { openTerminal, type Terminal } from "../terminal";

export interface StatusOptions {
  verbose?: boolean;
  json?: boolean;
}

/** Prints what the nodes of an open stack say right now. */
export async function showStatus(stack: Stack, options: StatusOptions, terminal: Terminal): Promise<void> {
  const outputs = await stack.outputs();
  const values = Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => [name, output.value as unknown]),
  );
  const status = await collectStatus(stack.name, values, { verbose: options.verbose ?? false });
  terminal.out(options.json ? JSON.stringify(status, null, 2) : renderStatus(status, terminal.paint));
}

/** `platform status <stack>`: reads outputs and nodes, changes nothing. */
export async function status(name: string, options: StatusOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const prepared = await prepareStack(name, terminal.note);
  await showStatus(await openStack(prepared, { create: false }, terminal.note), options, terminal);
}
