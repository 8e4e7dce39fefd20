import { rmSync } from "node:fs";
import { countChanges } from "../stack/changes";
import { checkStackName, configuredStacks, isAbsent, withPreparedStack } from "../stack/open";
import { endLine, runOperation, type OperationResult } from "../stack/operation";
import { dropPendingOperations } from "../stack/pending";
import { stacksIn, stateOf, type StackState } from "../stack/state";
import { openTerminal, type Terminal } from "../terminal";
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
  checkStackName(name, configuredStacks());
  // The lab can be had again in minutes; everything else is asked for.
  if (name !== "lab" && !options.yes) await confirm(`Destroy every resource of ${name}?`, terminal);
  const result = await destroyStack(name, options, terminal);
  if (options.json) {
    const { changes, seconds } = result;
    terminal.out(JSON.stringify({ stack: name, verb: "down", changes, seconds }, null, 2));
  }
  terminal.note(endLine("destroy", name, result));
}

/** A stack that is not there is down already. */
async function destroyStack(
  name: string,
  options: DownOptions,
  terminal: Terminal,
): Promise<Pick<OperationResult, "changes" | "seconds">> {
  if (isAbsent(name)) {
    terminal.note(`Stack ${name} does not exist; there is nothing to take down.`);
    removeEmptyState(stateOf(name, process.env));
    return { changes: countChanges({}), seconds: 0 };
  }
  const opening = { create: false, offline: options.offline ?? false };
  return withPreparedStack(name, terminal.note, opening, async (stack, { state }) => {
    await dropPendingOperations(stack, terminal.note);
    const result = await runOperation("destroy", stack, terminal);
    await stack.workspace.removeStack(name, { preserveConfig: true });
    removeEmptyState(state);
    return result;
  });
}
