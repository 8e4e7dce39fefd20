import { delimiter, join } from "node:path";
import { cacheRoot } from "../engine/cache";
import type { Engine } from "../engine/locate";
import type { Plugins } from "../engine/plugins";
import { ENV_STATE_FOLDER, type StackState } from "./state";

/** Variables to set (a value) or to remove (undefined) for the engine. */
export type EngineVariables = Record<string, string | undefined>;

/** What the engine must see for a stack; the same for `platform` and for a shell after `platform env`. */
export function engineVariables(
  stack: string,
  state: StackState,
  engine: Engine,
  plugins: Plugins,
  env: NodeJS.ProcessEnv,
): EngineVariables {
  const front = [engine.bin, ...plugins.path];
  const rest = (env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && !front.includes(folder));
  const variables: EngineVariables = {
    PATH: [...front, ...rest].join(delimiter),
    PULUMI_STACK: stack,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Node 22 keeps compiled modules there: the engine starts some eight processes a run that load the same ones.
    NODE_COMPILE_CACHE: env["NODE_COMPILE_CACHE"] ?? join(cacheRoot(env), "node"),
    // The connections name their key; an agent's keys would be offered first and count as failed logins.
    SSH_AUTH_SOCK: undefined,
    // Stand-ins are found on PATH, which this variable would switch off.
    PULUMI_IGNORE_AMBIENT_PLUGINS: undefined,
    [ENV_STATE_FOLDER]: state.folder,
  };
  if (state.backendUrl !== undefined) variables["PULUMI_BACKEND_URL"] = state.backendUrl;
  if (state.passphraseFile !== undefined) {
    variables["PULUMI_CONFIG_PASSPHRASE"] = undefined;
    variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = state.passphraseFile;
  }
  return variables;
}

/** Quotes one word for a POSIX shell. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Shell code for `eval`: one export or unset a line. */
export function renderExports(variables: EngineVariables): string {
  return Object.entries(variables)
    .map(([name, value]) => (value === undefined ? `unset ${name}` : `export ${name}=${shellQuote(value)}`))
    .join("\n");
}

/** Puts the variables into the environment of this process, where the Automation API and its children see them. */
export function applyVariables(variables: EngineVariables, env: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) Reflect.deleteProperty(env, name);
    else env[name] = value;
  }
}
