import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { withProgress } from "../progress";
import { lastLines, runCommand } from "../run-command";
import { cacheRoot } from "./cache";
import type { Engine } from "./locate";

/** The providers whose resources the program creates. */
export const PROVIDERS = ["command", "random", "tls", "kubernetes"] as const;
export type Provider = (typeof PROVIDERS)[number];

/** The engine gives up by itself after five tries (ten seconds without DNS); these bound a silent network. */
const INSTALL_LIMIT_MS = 300_000;
const FIRST_TRY_LIMIT_MS = 60_000;
const DAY_MS = 86_400_000;

export interface PluginChoice {
  provider: Provider;
  version: string;
  kind: "official" | "stand-in";
}

export interface Plugins {
  choices: PluginChoice[];
  /** Folders the engine needs at the front of PATH. */
  path: string[];
}

/** The versions that package.json pins: SDK and plugin of a provider share one. */
export function pinnedProviders(manifest: string): Map<Provider, string> {
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
  return new Map(
    PROVIDERS.map((provider) => {
      const version = dependencies[`@pulumi/${provider}`];
      if (version === undefined) throw new Error(`package.json pins no @pulumi/${provider}.`);
      return [provider, version];
    }),
  );
}

export const standInFolder = () => join(projectRoot(), "test", "engine", "standins", "bin");

/** Folders that hold links to some stand-ins only. */
const linkedStandIns = () => join(projectRoot(), ".cache", "stand-ins");

const isStandIns = (folder: string) => folder === standInFolder() || dirname(folder) === linkedStandIns();

/** Pulumi's home, where `pulumi plugin install` puts plugins. */
export function pulumiHome(env: NodeJS.ProcessEnv = process.env): string {
  return env["PULUMI_HOME"] ?? join(env["HOME"] ?? "/root", ".pulumi");
}

/** True for an installed plugin and for one on PATH that is not a stand-in of ours. */
export function officialIsPresent(provider: Provider, version: string, env: NodeJS.ProcessEnv): boolean {
  const executable = `pulumi-resource-${provider}`;
  if (existsSync(join(pulumiHome(env), "plugins", `resource-${provider}-v${version}`, executable)))
    return true;
  const folders = (env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && !isStandIns(folder));
  return folders.some((folder) => existsSync(join(folder, executable)));
}

type Failures = Record<string, { at: number; reason: string }>;

const failureFile = () => join(cacheRoot(), "plugin-failures.json");

function readFailures(now: number): Failures {
  if (!existsSync(failureFile())) return {};
  const all = JSON.parse(readFileSync(failureFile(), "utf8")) as Failures;
  return Object.fromEntries(Object.entries(all).filter(([, { at }]) => now - at < DAY_MS));
}

/** How plugins are looked for and fetched; tests put their own probes here. */
export interface PluginProbes {
  present(provider: Provider, version: string): boolean;
  /** Undefined when installed, else the reason. `reachable` is false until one download worked. */
  install(provider: Provider, version: string, reachable: boolean): Promise<string | undefined>;
  recentFailure(plugin: string): string | undefined;
}

/**
 * Decides for each provider: the official plugin if present or installable, else the stand-in. After one failed
 * download the rest is not tried, because all come from the same place.
 */
export async function choosePlugins(
  providers: ReadonlyMap<Provider, string>,
  probes: PluginProbes,
): Promise<{ choices: PluginChoice[]; failures: Map<string, string> }> {
  const choices: PluginChoice[] = [];
  const failures = new Map<string, string>();
  let reachable = false;
  let blocked: string | undefined;
  for (const [provider, version] of providers) {
    const plugin = `${provider}-${version}`;
    let official = probes.present(provider, version);
    if (!official && blocked === undefined && probes.recentFailure(plugin) === undefined) {
      const reason = await probes.install(provider, version, reachable);
      official = reason === undefined;
      if (official) reachable = true;
      else if (!reachable) blocked = reason;
      if (reason !== undefined) failures.set(plugin, reason);
    } else if (!official && blocked !== undefined) {
      failures.set(plugin, blocked);
    }
    choices.push({ provider, version, kind: official ? "official" : "stand-in" });
  }
  return { choices, failures };
}

async function install(engine: Engine, provider: Provider, version: string, limitMs: number) {
  const args = ["plugin", "install", "resource", provider, version];
  const answer = await withProgress(`Installing the official Pulumi plugin ${provider} ${version}`, () =>
    runCommand(join(engine.bin, "pulumi"), args, {
      env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeoutMs: limitMs,
    }),
  );
  if (answer.code === 0) return undefined;
  return answer.timedOut ? `no end after ${limitMs / 1000} s` : lastLines(answer.stderr, 1);
}

/** Makes a plugin of every provider available and says once which ones are stand-ins. */
export async function ensurePlugins(engine: Engine, note: (text: string) => void): Promise<Plugins> {
  const manifest = readFileSync(join(projectRoot(), "package.json"), "utf8");
  const now = Date.now();
  const known = readFailures(now);
  const { choices, failures } = await choosePlugins(pinnedProviders(manifest), {
    present: (provider, version) => officialIsPresent(provider, version, process.env),
    install: (provider, version, reachable) =>
      install(engine, provider, version, reachable ? INSTALL_LIMIT_MS : FIRST_TRY_LIMIT_MS),
    recentFailure: (plugin) => known[plugin]?.reason,
  });
  if (failures.size > 0) {
    for (const [plugin, reason] of failures) known[plugin] = { at: now, reason };
    mkdirSync(dirname(failureFile()), { recursive: true });
    writeFileSync(failureFile(), `${JSON.stringify(known, null, 2)}\n`);
  }
  const standIns = choices.filter(({ kind }) => kind === "stand-in");
  if (standIns.length === 0) return { choices, path: [] };
  const names = standIns.map(({ provider, version }) => `${provider} ${version}`).join(", ");
  note(
    `Stand-ins replace the official Pulumi plugins ${names}, which could not be installed here; they only serve stacks whose nodes are all nspawn.`,
  );
  return { choices, path: [linkStandIns(standIns.map(({ provider }) => provider))] };
}

/**
 * A folder with just these stand-ins: the engine prefers PATH to what is installed, so the whole folder of stand-ins
 * would hide official plugins that are there.
 */
function linkStandIns(providers: readonly Provider[]): string {
  if (providers.length === PROVIDERS.length) return standInFolder();
  const folder = join(linkedStandIns(), [...providers].sort().join("-"));
  mkdirSync(folder, { recursive: true });
  for (const provider of providers) {
    const link = join(folder, `pulumi-resource-${provider}`);
    if (!existsSync(link)) symlinkSync(join(standInFolder(), `pulumi-resource-${provider}`), link);
  }
  return folder;
}
