import { ensureEngine } from "../engine/locate";
import { ensurePlugins } from "../engine/plugins";
import { openTerminal } from "../terminal";

/** `platform engine`: fetches or builds the engine and the plugins now, and says where they are. */
export async function engine(options: { json?: boolean }): Promise<void> {
  const terminal = openTerminal(options.json ?? false);
  const found = await ensureEngine(terminal.note);
  const plugins = await ensurePlugins(found, terminal.note);
  if (options.json) {
    terminal.out(JSON.stringify({ engine: found, plugins }, null, 2));
    return;
  }
  terminal.out(`pulumi ${found.version} in ${found.bin} (${found.origin})`);
  for (const { provider, version, kind } of plugins.choices)
    terminal.out(`  ${provider} ${version}: ${kind}`);
}
