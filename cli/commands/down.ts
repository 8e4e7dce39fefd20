import { rmSync } from "node:fs";
import { Failure } from "../failure";
import { forgetSalt, openStack, prepareStack } from "../stack/open";
import { endLine, runOperation } from "../stack/operation";
import { dropPendingOperations } from "../stack/pending";
import { stacksIn, type StackState } from "../stack/state";
import { openTerminal } from "../terminal";
import { confirm } from "./up";

export interface DownOptions {
  yes?: boolean;
  offline?: boolean;
  json?: boolean;
}

/** With its last stack gone, nothing in a state folder of ours can be used again. */
function removeEmptyState(state: StackState): void {
  if (state.folder === undefined || stacksIn(state.folder).length > 0) return;
  rmSync(state.folder, { recursive: true, force: true });
}

/** `platform down <stack>`: destroys every resource and then the stack itself; its config file stays. */
export async function down(name: string, options: DownOptions): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const prepared = await prepareStack(name, terminal.note);
  // The lab can be had again in minutes; everything else is asked for.
  if (name !== "lab" && !options.yes) await confirm(`Destroy every resource of ${name}?`, terminal);
  let stack;
  try {
    stack = await openStack(prepared, { create: false, offline: options.offline ?? false }, terminal.note);
  } catch (error) {
    const nothingToDo = error instanceof Failure && error.outcome === "usage";
    if (!nothingToDo) throw error;
    removeEmptyState(prepared.state);
    terminal.note(`Stack ${name} does not exist; there is nothing to take down.`);
    return;
  }
  try {
    await dropPendingOperations(stack, terminal.note);
    const result = await runOperation("destroy", stack, terminal);
    await stack.workspace.removeStack(name, { preserveConfig: true });
    removeEmptyState(prepared.state);
    if (options.json) {
      const { changes, seconds } = result;
      terminal.out(JSON.stringify({ stack: name, verb: "down", changes, seconds }, null, 2));
    }
    terminal.note(endLine("destroy", name, result));
  } finally {
    forgetSalt(name, prepared.state);
  }
}
