import type { dynamic } from "@pulumi/pulumi";
import { readCached } from "../build-cache";
import { mapDifference } from "./diff";
import { hasUnknown, inputFailures, mapInputs, type MapInputs } from "./inputs";
import { NodeLoader } from "./node-loader";
import { answers, LoaderError } from "./observation";
import { offline, quiet } from "../../node/provider/quiet";

type Bag = Record<string, unknown>;

const AS_WRITTEN = "as written";

interface MapState extends Omit<MapInputs, "status"> {
  /** `as written`, or one sentence of what deviates. */
  readonly status: string;
  /** Digest of each map's contents, as the loader read it back. */
  readonly digests: Record<string, string>;
}

/** Contents of the maps of one program on one node, written as a whole and read back. */
export const mapProvider: dynamic.ResourceProvider = {
  check: (_olds: Bag, news: Bag) =>
    Promise.resolve({ inputs: news, failures: inputFailures(mapInputs, news) }),

  diff: (_id: string, olds: Bag, news: Bag) => Promise.resolve(mapDifference(olds, news)),

  create: (news: Bag) =>
    quiet(async () => {
      const inputs = parseInputs(news);
      return { id: `${inputs.node}/${inputs.program}/maps`, outs: await write(inputs, inputs.contents) };
    }),

  update: (_id: string, _olds: Bag, news: Bag) =>
    quiet(async () => {
      const inputs = parseInputs(news);
      return { outs: await write(inputs, inputs.contents) };
    }),

  read: (id: string, props?: Bag) =>
    quiet(async () => {
      if (!props || hasUnknown(props) || offline()) return { id, props: props ?? {} };
      const inputs = parseInputs(inputsOf(props));
      const written = (props.digests ?? {}) as Record<string, string>;
      const status = await NodeLoader.use(inputs.node, inputs.connection, (loader) =>
        drift(loader, inputs, written),
      );
      return { id, props: { ...inputs, digests: written, status }, inputs: { ...inputs, status } };
    }),

  /** Empties the maps: a program whose settings have gone must not act on them. */
  delete: (_id: string, props: Bag) =>
    quiet(async () => {
      const inputs = parseInputs(inputsOf(props));
      try {
        await write(inputs, [...inputs.contents].reverse(), Buffer.alloc(0));
      } catch (error) {
        // The program and its maps are gone already: nothing is left to empty.
        if (!(error instanceof LoaderError) || !error.error.what.startsWith("Opening the map")) throw error;
      }
    }),
};

async function write(inputs: MapInputs, contents: MapInputs["contents"], all?: Buffer): Promise<MapState> {
  const { node, connection, program, confirmSeconds } = inputs;
  // What is emptied denies nothing: it needs no way back.
  const confirm = confirmSeconds === undefined || all ? [] : ["--confirm", String(confirmSeconds)];
  const answer = await NodeLoader.use(node, connection, async (loader) => {
    const folder = (await loader.script("contents-folder.sh")).trim();
    try {
      const words: string[] = [];
      for (const { map, sha256 } of contents) {
        await loader.put(
          all ?? readCached(sha256, `the contents of the map ${map}`),
          `${folder}/${map}`,
          "600",
        );
        words.push(map, `${folder}/${map}`);
      }
      return await loader.verb("map", "put", ...confirm, program, ...words);
    } finally {
      await loader.script("drop-contents.sh", folder);
    }
  });
  // A connection of its own: that one can be made is what is confirmed.
  if (confirm.length > 0 && answer !== undefined)
    await NodeLoader.use(node, connection, (loader) => loader.mustVerb("map", "confirm", program)).then(
      (text) => answers.mapConfirm(node, text),
    );
  // No loader: with the last program its maps went as well; only a delete meets that.
  const digests = answer === undefined && all ? {} : answers.mapPut(node, answer ?? "").digests;
  return { ...inputs, status: AS_WRITTEN, digests };
}

async function drift(
  loader: NodeLoader,
  inputs: MapInputs,
  written: Record<string, string>,
): Promise<string> {
  const changed: string[] = [];
  for (const { map } of inputs.contents) {
    try {
      const answer = await loader.verb("map", "dump", inputs.program, map, "--digest");
      if (answer === undefined) return "nothing of it is on the node";
      if (answers.mapDigest(inputs.node, answer).digest !== written[map])
        changed.push(`${map} holds other entries`);
    } catch (error) {
      if (!(error instanceof LoaderError)) throw error;
      changed.push(`${map} cannot be read: ${error.error.cause}`);
    }
  }
  return changed.length === 0 ? AS_WRITTEN : changed.join("; ");
}

function inputsOf(props: Bag): Bag {
  const known = Object.keys(mapInputs.shape);
  const bag = Object.fromEntries(Object.entries(props).filter(([key]) => known.includes(key)));
  return { ...bag, status: AS_WRITTEN };
}

function parseInputs(bag: Bag): MapInputs {
  const { __provider: _serialized, ...plain } = bag;
  return mapInputs.parse(plain);
}
