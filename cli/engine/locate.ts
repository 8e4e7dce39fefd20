import { existsSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Failure } from "../failure";
import { runCommand } from "../run-command";
import { buildEngine } from "./build";
import { withCacheLock } from "./cache-lock";
import { engineFolder } from "./cache";
import { downloadEngine } from "./download";
import { removeLeftovers } from "./install-folder";
import { MINIMUM_PULUMI, readPins, type EnginePins } from "./pins";
import { isAtLeast } from "./version";

/** A `pulumi` with its Node language host beside it. */
export interface Engine {
  /** The folder that holds the executables. */
  bin: string;
  version: string;
  origin: "PATH" | "cache" | "download" | "build";
}

/** One way to an engine: gives it, or the reason why it is not to be had this way. */
export interface EngineSource {
  name: string;
  find(): Promise<Engine | { reason: string }>;
}

/** Takes the first source that has an engine; `onRefusal` hears why the ones before it had none. */
export async function firstEngine(
  sources: readonly EngineSource[],
  onRefusal: (source: string, reason: string) => void,
): Promise<Engine> {
  const reasons: string[] = [];
  for (const source of sources) {
    const answer = await source.find();
    if (!("reason" in answer)) return answer;
    onRefusal(source.name, answer.reason);
    reasons.push(`${source.name}: ${answer.reason}`);
  }
  throw new Failure(
    "missingPart",
    `No Pulumi engine could be found, fetched or built: ${reasons.join("; ")}.`,
  );
}

function isExecutable(file: string): boolean {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && stat.isFile() && (stat.mode & 0o111) !== 0;
}

/** Judges the first `pulumi` on a PATH. Its language host must lie beside it: the two are released as a pair. */
export async function engineOnPath(
  path: string,
  versionOf: (pulumi: string) => Promise<string>,
): Promise<Engine | { reason: string }> {
  const bin = path.split(delimiter).find((folder) => folder !== "" && isExecutable(join(folder, "pulumi")));
  if (bin === undefined) return { reason: "there is no pulumi on PATH" };
  const version = (await versionOf(join(bin, "pulumi"))).replace(/^v/, "");
  if (!isAtLeast(version, MINIMUM_PULUMI)) {
    return {
      reason: `${join(bin, "pulumi")} says ${version || "nothing"}, wanted is ${MINIMUM_PULUMI} or newer`,
    };
  }
  if (!isExecutable(join(bin, "pulumi-language-nodejs"))) {
    return { reason: `${join(bin, "pulumi")} has no pulumi-language-nodejs beside it` };
  }
  return { bin, version, origin: "PATH" };
}

async function askVersion(pulumi: string): Promise<string> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  return (await runCommand(pulumi, ["version"], { env, timeoutMs: 10_000 })).stdout.trim();
}

/** The engine that an earlier run put into the cache; complete, because it is moved in by one rename. */
export function engineInCache(pins: EnginePins, folder: string): Engine | { reason: string } {
  const bin = join(folder, "bin");
  if (!existsSync(join(folder, "origin.json"))) return { reason: `${folder} does not exist yet` };
  const { version } = JSON.parse(readFileSync(join(folder, "origin.json"), "utf8")) as { version: string };
  return version === pins.pulumi
    ? { bin, version, origin: "cache" }
    : { reason: `${folder} holds ${version}` };
}

/** The sources that only look, in their order. */
export function localSources(pins: EnginePins, folder: string): EngineSource[] {
  return [
    { name: "PATH", find: () => engineOnPath(process.env["PATH"] ?? "", askVersion) },
    { name: "cache", find: () => Promise.resolve(engineInCache(pins, folder)) },
  ];
}

/** Looks for an engine and fetches nothing. */
export async function lookForEngine(): Promise<Engine | { reason: string }> {
  const pins = readPins();
  let last = "";
  for (const source of localSources(pins, engineFolder(pins))) {
    const answer = await source.find();
    if (!("reason" in answer)) return answer;
    last = answer.reason;
  }
  return { reason: last };
}

/** Finds the engine: PATH, cache, official download, build from Go modules. `note` tells what takes time and why. */
export async function ensureEngine(note: (text: string) => void): Promise<Engine> {
  const found = await lookForEngine();
  if (!("reason" in found)) return found;
  const pins = readPins();
  const folder = engineFolder(pins);
  const onWait = (pid: number) =>
    note(`Process ${pid} is fetching or building the Pulumi engine; waiting for it.`);
  return withCacheLock(`${folder}.lock`, onWait, () => {
    removeLeftovers(folder);
    return firstEngine(
      [
        ...localSources(pins, folder),
        { name: "download", find: () => downloadEngine(pins, folder, note) },
        { name: "Go modules", find: () => buildEngine(pins, folder, note) },
      ],
      (source, reason) => note(`Pulumi engine, ${source}: ${reason}.`),
    );
  });
}
