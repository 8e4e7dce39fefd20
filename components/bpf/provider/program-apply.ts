import {
  MANIFEST_SCHEMA,
  manifestPrograms,
  manifestVersion,
  smokePackets,
  type Manifest,
} from "@ebpf-platform/lib/bpf-manifest";
import { preflight } from "@ebpf-platform/lib/bpf-preflight";
import { readCached } from "../build-cache";
import { watchHealth } from "./health";
import type { ProgramInputs } from "./inputs";
import { buildOnNode } from "./node-build";
import { NodeLoader, PROGRAMS_DIR } from "./node-loader";
import { answers } from "./observation";
import { readState, type ProgramState } from "./program-state";

/** Puts everything on the node, attaches, watches and confirms. Until the loader swaps, the node runs what it ran. */
export async function applyOnNode(inputs: ProgramInputs): Promise<ProgramState> {
  const { node, connection } = inputs;
  const { version, unconfirmed } = await NodeLoader.use(node, connection, (loader) => attach(loader, inputs));
  if (unconfirmed) await watchHealth(inputs, version);
  return NodeLoader.use(node, connection, (loader) => readState(loader, inputs, version));
}

async function attach(
  loader: NodeLoader,
  inputs: ProgramInputs,
): Promise<{ version: string; unconfirmed: boolean }> {
  await loader.ensureInstalled(inputs.loaderSha256, () => readCached(inputs.loaderSha256, "the BPF loader"));
  let folder: string | undefined;
  try {
    await checkKernel(loader, inputs);
    const object = await objectBytes(loader, inputs);
    const manifest = manifestOf(inputs, object.sha256);
    folder = `${PROGRAMS_DIR}/${inputs.program}/${manifest.version}`;
    await loader.script("version-folder.sh", folder);
    if (object.bytes) await loader.put(object.bytes, `${folder}/prog.bpf.o`, "600");
    else await loader.script("adopt-object.sh", object.path, `${folder}/prog.bpf.o`);
    await loader.put(`${JSON.stringify(manifest, undefined, 2)}\n`, `${folder}/manifest.json`, "600");
    const answer = await loader.mustVerb("apply", folder, "--confirm", String(inputs.healthSeconds));
    return { version: manifest.version, unconfirmed: answers.apply(inputs.node, answer).unconfirmed };
  } catch (error) {
    await clean(loader, folder, error);
    throw error;
  }
}

/** What this kernel lacks is said before anything is loaded, all of it at once, with the config key that asked. */
async function checkKernel(loader: NodeLoader, inputs: ProgramInputs): Promise<void> {
  const { node, program, attach, askedBy } = inputs;
  const target = "target" in attach ? [attach.hook, attach.target] : [];
  const abilities = answers.probe(node, await loader.mustVerb("probe", ...target));
  const key = askedBy ?? `bpf.programs[${program}]`;
  const faults = preflight(node, abilities, [{ key, hook: attach.hook }]);
  if (faults.length > 0) throw new Error(faults.join("\n"));
}

/** A version that could not be applied leaves no files, and a node without any program no loader. */
async function clean(loader: NodeLoader, folder: string | undefined, cause: unknown): Promise<void> {
  try {
    if (folder !== undefined) await loader.script("drop-version.sh", folder);
    await loader.uninstall();
  } catch (error) {
    const first = cause instanceof Error ? cause.message : String(cause);
    const second = error instanceof Error ? error.message : String(error);
    throw new Error(`${first} Cleaning up after that failed as well: ${second}`, { cause: error });
  }
}

/** The object's bytes from this machine, or where the node built them. */
async function objectBytes(
  loader: NodeLoader,
  inputs: ProgramInputs,
): Promise<
  { sha256: string; bytes: Buffer; path?: never } | { sha256: string; path: string; bytes?: never }
> {
  if (inputs.build === "node") return buildOnNode(loader, inputs);
  const sha256 = inputs.objectSha256 ?? "";
  return { sha256, bytes: readCached(sha256, `the BPF object ${inputs.source}`) };
}

function manifestOf(inputs: ProgramInputs, objectSha256: string): Manifest {
  const programs = manifestPrograms(inputs.function, inputs.attach);
  return {
    schema: MANIFEST_SCHEMA,
    name: inputs.program,
    version: manifestVersion(objectSha256, programs, inputs.constants),
    objectSha256,
    programs,
    constants: inputs.constants,
    maps: inputs.maps,
    takeover: inputs.takeover,
    healthSeconds: inputs.healthSeconds,
    smoke: smokePackets(inputs.attach),
  };
}
