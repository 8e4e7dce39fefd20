import {
  EXPERIMENTAL_FRAME,
  MANIFEST_SCHEMA,
  manifestVersion,
  type Manifest,
} from "@ebpf-platform/lib/bpf-manifest";
import type { dynamic } from "@pulumi/pulumi";
import { readCached } from "../build-cache";
import { needsApply, programDifference } from "./diff";
import { watchHealth } from "./health";
import { ATTACHED, hasUnknown, inputFailures, programInputs, type ProgramInputs } from "./inputs";
import { buildOnNode } from "./node-build";
import { NodeLoader, PROGRAMS_DIR } from "./node-loader";
import { answers, driftOf, LoaderError, type Observation } from "./observation";
import { offline, quiet } from "./quiet";

type Bag = Record<string, unknown>;

/** What a program's resource holds: its inputs, and what was read from the node. */
interface ProgramState extends Omit<ProgramInputs, "status"> {
  /** `attached`, or one sentence of what deviates. */
  readonly status: string;
  readonly version: string | null;
  /** SHA-256 of the object that is attached (the node's own build with `build: node`). */
  readonly attachedSha256: string | null;
  readonly observed: Observation | null;
}

/** CRUD of one program on one node. The class body in ../program.ts only loads this. */
export const programProvider: dynamic.ResourceProvider = {
  check: (_olds: Bag, news: Bag) =>
    Promise.resolve({ inputs: news, failures: inputFailures(programInputs, news) }),

  diff: (_id: string, olds: Bag, news: Bag) => Promise.resolve(programDifference(olds, news)),

  create: (news: Bag) =>
    quiet(async () => {
      const inputs = parseInputs(news);
      return { id: `${inputs.node}/${inputs.program}`, outs: await applyOnNode(inputs) };
    }),

  update: (_id: string, olds: Bag, news: Bag) =>
    quiet(async () => {
      const inputs = parseInputs(news);
      // A new address or key says nothing about the programs: they are looked at and left alone.
      if (!needsApply(olds, news)) {
        const state = await NodeLoader.use(inputs.node, inputs.connection, (loader) =>
          readState(loader, inputs),
        );
        if (state.status === ATTACHED) return { outs: state };
      }
      return { outs: await applyOnNode(inputs) };
    }),

  read: (id: string, props?: Bag) =>
    quiet(async () => {
      if (!props || hasUnknown(props) || offline()) return { id, props: props ?? {} };
      const inputs = parseInputs(inputsOf(props));
      const state = await NodeLoader.use(inputs.node, inputs.connection, (loader) =>
        readState(loader, inputs),
      );
      // The drift stands in the inputs too: that is where the engine compares, so the preview shows it in words.
      return { id, props: state, inputs: { ...inputs, status: state.status } };
    }),

  delete: (_id: string, props: Bag) =>
    quiet(async () => {
      const inputs = parseInputs(inputsOf(props));
      await NodeLoader.use(inputs.node, inputs.connection, async (loader) => {
        const words = ["remove", inputs.program, ...(inputs.keepMaps ? [] : ["--maps"])];
        // No loader: the last program took it along, so this one is gone as well.
        const answer = await loader.verb(...words);
        if (answer === undefined) return;
        if (answers.remove(inputs.node, answer).programsLeft === 0) await loader.uninstall();
      });
    }),
};

async function applyOnNode(inputs: ProgramInputs): Promise<ProgramState> {
  const { node, connection, program } = inputs;
  const { applied, manifest } = await NodeLoader.use(node, connection, async (loader) => {
    await loader.ensureInstalled(inputs.loaderSha256, () =>
      readCached(inputs.loaderSha256, "the BPF loader"),
    );
    const object = await objectBytes(loader, inputs);
    const manifest = manifestOf(inputs, object.sha256);
    const folder = `${PROGRAMS_DIR}/${program}/${manifest.version}`;
    await loader.script("version-folder.sh", folder);
    if (object.bytes) await loader.put(object.bytes, `${folder}/prog.bpf.o`, "600");
    else await loader.script("adopt-object.sh", object.path, `${folder}/prog.bpf.o`);
    await loader.put(`${JSON.stringify(manifest, undefined, 2)}\n`, `${folder}/manifest.json`, "600");
    const answer = await loader.mustVerb("apply", folder, "--confirm", String(inputs.healthSeconds));
    return { applied: answers.apply(node, answer), manifest };
  });
  if (applied.changed) await watchHealth(inputs, manifest.version);
  return NodeLoader.use(node, connection, (loader) => readState(loader, inputs));
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
  const programs = [{ function: inputs.function, attach: inputs.attach }];
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
    smoke: inputs.attach.hook === "xdp" ? [EXPERIMENTAL_FRAME] : [],
  };
}

/** What is on the node now, as state. A loader that cannot look is drift too: the next update mends it or says why not. */
async function readState(loader: NodeLoader, inputs: ProgramInputs): Promise<ProgramState> {
  let found: Observation | undefined;
  let status: string;
  try {
    const answer = await loader.verb("observe", inputs.program);
    found = answer === undefined ? undefined : answers.observe(inputs.node, answer).programs[0];
    status = found === undefined ? "nothing of it is on the node" : (driftOf(found) ?? ATTACHED);
  } catch (error) {
    if (!(error instanceof LoaderError)) throw error;
    status = error.message;
  }
  return {
    ...inputs,
    status,
    version: found?.version ?? null,
    attachedSha256: found?.objectSha256 ?? null,
    observed: found ?? null,
  };
}

/** State back to inputs: what `read` and `delete` get holds the outputs as well. */
function inputsOf(props: Bag): Bag {
  const known = Object.keys(programInputs.shape);
  const bag = Object.fromEntries(Object.entries(props).filter(([key]) => known.includes(key)));
  return { ...bag, status: ATTACHED };
}

function parseInputs(bag: Bag): ProgramInputs {
  const { __provider: _serialized, ...plain } = bag;
  return programInputs.parse(plain);
}
