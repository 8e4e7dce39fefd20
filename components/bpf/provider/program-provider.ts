import type { dynamic } from "@pulumi/pulumi";
import { readCached } from "../build-cache";
import { needsApply, programDifference } from "./diff";
import { ATTACHED, hasUnknown, inputFailures, programInputs, type ProgramInputs } from "./inputs";
import { BUILD_DIR } from "./node-build";
import { NodeLoader, PINS_DIR, PROGRAMS_DIR } from "./node-loader";
import { answers } from "./observation";
import { applyOnNode } from "./program-apply";
import { readState } from "./program-state";
import { offline, quiet } from "../../node/provider/quiet";

type Bag = Record<string, unknown>;

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
          readState(loader, inputs, versionOf(olds)),
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
        readState(loader, inputs, versionOf(props)),
      );
      // The drift stands in the inputs too: that is where the engine compares, so the preview shows it in words.
      return { id, props: state, inputs: { ...inputs, status: state.status } };
    }),

  delete: (_id: string, props: Bag) =>
    quiet(async () => {
      const inputs = parseInputs(inputsOf(props));
      await NodeLoader.use(inputs.node, inputs.connection, (loader) => removeFromNode(loader, inputs));
    }),
};

async function removeFromNode(loader: NodeLoader, inputs: ProgramInputs): Promise<void> {
  const { node, program, build, keepMaps, loaderSha256 } = inputs;
  const words = ["remove", program, ...(keepMaps ? [] : ["--maps"])];
  if (build === "node") await loader.script("drop-build.sh", `${BUILD_DIR}/${program}`);
  let answer = await loader.verb(...words);
  if (answer === undefined) {
    // The last program takes the loader along: without both nothing is left to do.
    const found = await loader.script("present.sh", `${PROGRAMS_DIR}/${program}`, `${PINS_DIR}/${program}`);
    if (found === "") return;
    await loader.ensureInstalled(loaderSha256, () => readCached(loaderSha256, "the BPF loader"));
    answer = await loader.mustVerb(...words);
  }
  if (answers.remove(node, answer).programsLeft === 0) await loader.uninstall();
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

/** The version that the last apply of this resource attached. */
function versionOf(state: Bag): string | undefined {
  return typeof state.version === "string" ? state.version : undefined;
}
