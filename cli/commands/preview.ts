import { isUnchanged } from "../stack/changes";
import { Failure } from "../failure";
import { withPreparedStack } from "../stack/open";
import { endLine, runOperation, type Verb } from "../stack/operation";
import { openTerminal } from "../terminal";

export interface PreviewOptions {
  offline?: boolean;
  json?: boolean;
  expectNoChanges?: boolean;
}

async function runVerb(verb: Verb, name: string, options: PreviewOptions, create: boolean): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  await withPreparedStack(
    name,
    terminal.note,
    { create, offline: options.offline ?? false },
    async (stack) => {
      const result = await runOperation(verb, stack, terminal);
      if (options.json) {
        terminal.out(
          JSON.stringify({ stack: name, verb, changes: result.changes, seconds: result.seconds }, null, 2),
        );
      }
      const line = endLine(verb, name, result);
      terminal.note(line);
      if (options.expectNoChanges && !isUnchanged(result.changes)) {
        throw new Failure("changes", `No change was expected, but ${line}.`);
      }
    },
  );
}

/** `platform preview <stack>`: what `up` would do, policies included. */
export async function preview(name: string, options: PreviewOptions): Promise<void> {
  await runVerb("preview", name, options, true);
}

/** `platform refresh <stack>`: reads every resource and writes what is really there into the state. */
export async function refresh(name: string, options: PreviewOptions): Promise<void> {
  await runVerb("refresh", name, options, false);
}
