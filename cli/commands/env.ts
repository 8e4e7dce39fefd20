import { renderExports } from "../stack/environment";
import { openStack, prepareStack } from "../stack/open";
import { openTerminal } from "../terminal";

/**
 * `eval "$(npx platform env <stack>)"`: exports that make plain `pulumi` work. A stack whose state is kept here is
 * made if it does not exist, because plain `pulumi up -s` would not make it.
 */
export async function env(name: string): Promise<void> {
  const terminal = openTerminal(true);
  const prepared = await prepareStack(name, terminal.note, { create: true });
  const exports = renderExports(prepared.variables);
  if (prepared.state.folder !== undefined) await openStack(prepared, { create: true }, terminal.note);
  terminal.out(exports);
}
