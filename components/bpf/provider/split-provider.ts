import {
  MANIFEST_SCHEMA,
  manifestPrograms,
  manifestVersion,
  smokePackets,
  type Manifest,
} from "@ebpf-platform/lib/bpf-manifest";
import type { dynamic } from "@pulumi/pulumi";
import { isDeepStrictEqual } from "node:util";
import { readCached } from "../build-cache";
import { hasUnknown, inputFailures, splitInputs, type SplitInputs } from "./inputs";
import { NodeLoader, PROGRAMS_DIR } from "./node-loader";
import { answers } from "./observation";
import { offline, quiet } from "../../node/provider/quiet";

type Bag = Record<string, unknown>;

const IN_PLACE = "in place";
const IDENTITY = ["node", "target"] as const;
const EVERYTHING = [...IDENTITY, "schemaVersion", "status", "connection", "candidate"] as const;

/**
 * The place of a split: that it is there, never its dose, which is a rollout's and falls back by itself. Nothing that
 * this does raises a dose; replacing a candidate and deleting give all traffic back first.
 */
export const splitProvider: dynamic.ResourceProvider = {
  check: (_olds: Bag, news: Bag) =>
    Promise.resolve({ inputs: news, failures: inputFailures(splitInputs, news) }),

  diff: (_id: string, olds: Bag, news: Bag) => {
    const changed = EVERYTHING.filter(
      (key) => hasUnknown(news[key]) || !isDeepStrictEqual(olds[key], news[key]),
    );
    return Promise.resolve({
      changes: changed.length > 0,
      replaces: changed.filter((key) => IDENTITY.some((one) => one === key) && !hasUnknown(news[key])),
      deleteBeforeReplace: true,
    });
  },

  create: (news: Bag) =>
    quiet(async () => {
      const inputs = parseInputs(news);
      return { id: `${inputs.node}/${inputs.target}/split`, outs: await put(inputs) };
    }),

  update: (_id: string, olds: Bag, news: Bag) =>
    quiet(async () => {
      const inputs = parseInputs(news);
      const moved = ["status", "candidate"].some((key) => !isDeepStrictEqual(olds[key], news[key]));
      // Another key or address of the node says nothing about the split.
      return { outs: moved ? await put(inputs) : inputs };
    }),

  read: (id: string, props?: Bag) =>
    quiet(async () => {
      if (!props || hasUnknown(props) || offline()) return { id, props: props ?? {} };
      const inputs = parseInputs(inputsOf(props));
      const status = await NodeLoader.use(inputs.node, inputs.connection, async (loader) => {
        const answer = await loader.verb("split", "show", inputs.target);
        const there = answer !== undefined && answers.split(inputs.node, answer).present;
        return there ? IN_PLACE : "nothing of it is on the node";
      });
      const state = { ...inputs, status };
      return { id, props: state, inputs: state };
    }),

  delete: (_id: string, props: Bag) =>
    quiet(async () => {
      const inputs = parseInputs(inputsOf(props));
      await NodeLoader.use(inputs.node, inputs.connection, (loader) => end(loader, inputs));
    }),
};

async function put(inputs: SplitInputs): Promise<SplitInputs> {
  await NodeLoader.use(inputs.node, inputs.connection, async (loader) => {
    await end(loader, inputs);
    if (inputs.candidate) await start(loader, inputs);
    const { present } = answers.split(inputs.node, await loader.mustVerb("split", "show", inputs.target));
    if (present) return;
    throw new Error(
      `Node ${inputs.node} has no place for a split of ${inputs.target}; bring the stack with that program up first.`,
    );
  });
  return inputs;
}

/** All traffic back, then the splitter and the candidate's files away. */
async function end(loader: NodeLoader, { node, target, candidate }: SplitInputs): Promise<void> {
  const answer = await loader.verb("split", "brake", target);
  // Without a loader there is no program either, and nobody takes a share of it.
  if (answer === undefined) return;
  answers.split(node, answer);
  if (candidate) answers.splitEnd(node, await loader.mustVerb("split", "end", target));
}

async function start(loader: NodeLoader, { node, target, candidate }: SplitInputs): Promise<void> {
  if (!candidate) return;
  const { objectSha256, source, attach } = candidate;
  const programs = manifestPrograms(source, attach);
  const manifest: Manifest = {
    schema: MANIFEST_SCHEMA,
    name: target,
    version: manifestVersion(objectSha256, programs, {}),
    objectSha256,
    programs,
    constants: {},
    maps: {},
    takeover: false,
    healthSeconds: 0,
    smoke: smokePackets(attach),
  };
  const folder = `${PROGRAMS_DIR}/${target}/${manifest.version}`;
  await loader.script("version-folder.sh", folder);
  await loader.put(readCached(objectSha256, `the BPF object ${source}`), `${folder}/prog.bpf.o`, "600");
  await loader.put(`${JSON.stringify(manifest, undefined, 2)}\n`, `${folder}/manifest.json`, "600");
  answers.splitStart(node, await loader.mustVerb("split", "start", folder));
}

function inputsOf(props: Bag): Bag {
  const known = Object.keys(splitInputs.shape);
  const bag = Object.fromEntries(Object.entries(props).filter(([key]) => known.includes(key)));
  return { ...bag, status: IN_PLACE };
}

function parseInputs(bag: Bag): SplitInputs {
  const { __provider: _serialized, ...plain } = bag;
  return splitInputs.parse(plain);
}
