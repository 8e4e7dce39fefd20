import { z } from "zod";

/** A program as the kernel describes it. */
const loadedProgram = z.object({
  id: z.number(),
  name: z.string(),
  tag: z.string(),
  jitedBytes: z.number(),
  xlatedBytes: z.number(),
  verifiedInsns: z.number(),
  mapIds: z.array(z.number()),
});

/** One attach point of a program and what is there. Ids of other programs in the chain are left out: they are not ours to watch. */
const target = z.object({
  function: z.string(),
  hook: z.string(),
  interface: z.string().optional(),
  target: z.string().optional(),
  slot: z.number().optional(),
  /** tc: ingress or egress. */
  direction: z.string().optional(),
  /** XDP mode that was achieved; null when nothing is attached. */
  mode: z.string().nullable().optional(),
  ifindex: z.number().optional(),
  linkId: z.number(),
  rootProgramId: z.number().optional(),
  inChain: z.boolean().optional(),
  attached: z.boolean(),
  /** What is attached is the program that the last apply of this boot attached. */
  ours: z.boolean(),
  program: loadedProgram.nullable(),
});

const mapShape = z.object({
  id: z.number(),
  type: z.string(),
  keySize: z.number(),
  valueSize: z.number(),
  maxEntries: z.number(),
  flags: z.number(),
});

/** A deviation from what was applied. */
const problem = z.object({
  /** missing, unpinned, foreign, stale, stale-root, unrecorded, no-interface, wrong-mode, map-shape, map-replaced, files. */
  kind: z.string(),
  detail: z.string(),
});

const observation = z.object({
  name: z.string(),
  version: z.string().nullable(),
  previous: z.string().nullable(),
  objectSha256: z.string().nullable(),
  targets: z.array(target),
  maps: z.record(z.string(), mapShape),
  pins: z.array(z.string()),
  problems: z.array(problem),
});

/** What the loader finds of one program on its node. */
export type Observation = z.infer<typeof observation>;

const observed = z.object({ bootId: z.string(), programs: z.array(observation) });
const applied = observation.extend({ changed: z.boolean(), unconfirmed: z.boolean() });
const digests = z.object({ digests: z.record(z.string(), z.string()) });
const mapsConfirmed = z.object({ maps: z.number() });
const digest = z.object({ digest: z.string() });
const dump = z.object({ entries: z.array(z.object({ key: z.string(), value: z.string() })) });
const measured = z.object({
  seconds: z.number(),
  programs: z.array(
    z.object({ name: z.string(), id: z.number(), runs: z.number(), nanoseconds: z.number() }),
  ),
});
const flows = z.object({
  /** Flows in the tables; `flows` holds those with the most bytes. */
  total: z.number(),
  flows: z.array(
    z.object({
      source: z.string(),
      sourcePort: z.number(),
      dest: z.string(),
      destPort: z.number(),
      /** IANA number. */
      protocol: z.number(),
      state: z.string(),
      packets: z.number(),
      bytes: z.number(),
      idleSeconds: z.number(),
    }),
  ),
});
/** The largest flows of a table, as `ebpf-loader flows` lists them. */
export type FlowList = z.infer<typeof flows>;
/** Records in hexadecimal. */
const events = z.object({ events: z.array(z.string()) });
const confirmed = z.object({ confirmed: z.string() });
const split = z.object({
  target: z.string(),
  /** Whether there is a place for a dose at all. */
  present: z.boolean(),
  /** Of 10000; 0 when the lease has run out. */
  dose: z.number(),
  leaseSeconds: z.number(),
  /** Of a program's split. */
  stablePackets: z.number().optional(),
  candidatePackets: z.number().optional(),
});
/** A split's share, as `ebpf-loader split show` finds it. */
export type SplitShare = z.infer<typeof split>;
const splitStarted = z.object({ candidateId: z.number() });
const splitEnded = z.object({ ended: z.boolean() });
const removed = z.object({ programsLeft: z.number() });

const failed = z.object({
  error: z.object({
    what: z.string(),
    cause: z.string(),
    remedy: z.string(),
    sourceLine: z.string().optional(),
    verifierLog: z.string().optional(),
    foreign: z.object({ id: z.number(), name: z.string() }).optional(),
  }),
});

/** What this kernel can do, as `ebpf-loader probe` finds it. */
const probe = z.object({
  kernel: z.string(),
  machine: z.string(),
  btf: z.boolean(),
  bpffs: z.boolean(),
  /** Content of /sys/kernel/security/lsm; null when it cannot be read. */
  lsm: z.string().nullable(),
  tracefs: z.boolean(),
  programs: z.record(
    z.string(),
    z.object({
      loads: z.boolean(),
      reason: z.string().optional(),
      attaches: z.boolean(),
      attachReason: z.string().optional(),
    }),
  ),
  /** Why nothing can be attached to the target that was asked about; null when it can, absent when none was. */
  targetReason: z.string().nullable().optional(),
});
export type Probe = z.infer<typeof probe>;

/** The loader refused; the message is whole sentences for a person, the verifier's log included. */
export class LoaderError extends Error {
  override readonly name = "LoaderError";

  constructor(
    node: string,
    readonly error: z.infer<typeof failed>["error"],
  ) {
    const log = error.verifierLog === undefined ? "" : `\n${error.verifierLog.trimEnd()}`;
    super(`${error.what} on node ${node}: ${error.cause}; ${error.remedy}.${log}`);
  }
}

/** Reads the one line of JSON that a verb of the loader prints. Throws `LoaderError` for its errors. */
function parse<T>(node: string, verb: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(
      `'ebpf-loader ${verb}' on node ${node} printed no JSON ("${text.slice(0, 200)}"); run it there by hand to see why.`,
      { cause: error },
    );
  }
  const failure = failed.safeParse(value);
  if (failure.success) throw new LoaderError(node, failure.data.error);
  const answer = schema.safeParse(value);
  if (answer.success) return answer.data;
  throw new Error(
    `The answer of 'ebpf-loader ${verb}' on node ${node} has another shape than this release expects (${z.prettifyError(answer.error)}); the next update installs the matching loader.`,
  );
}

export const answers = {
  observe: (node: string, text: string) => parse(node, "observe", text, observed),
  apply: (node: string, text: string) => parse(node, "apply", text, applied),
  mapPut: (node: string, text: string) => parse(node, "map put", text, digests),
  mapConfirm: (node: string, text: string) => parse(node, "map confirm", text, mapsConfirmed),
  mapDigest: (node: string, text: string) => parse(node, "map dump", text, digest),
  mapDump: (node: string, text: string) => parse(node, "map dump", text, dump),
  measure: (node: string, text: string) => parse(node, "measure", text, measured),
  flows: (node: string, text: string) => parse(node, "flows", text, flows),
  events: (node: string, text: string) => parse(node, "events", text, events),
  confirm: (node: string, text: string) => parse(node, "confirm", text, confirmed),
  remove: (node: string, text: string) => parse(node, "remove", text, removed),
  probe: (node: string, text: string) => parse(node, "probe", text, probe),
  split: (node: string, text: string) => parse(node, "split", text, split),
  splitStart: (node: string, text: string) => parse(node, "split start", text, splitStarted),
  splitEnd: (node: string, text: string) => parse(node, "split end", text, splitEnded),
};

/**
 * One sentence of what deviates, or undefined when everything is as applied.
 * @param version what was applied; undefined when that is not known.
 */
export function driftOf(found: Observation, version?: string): string | undefined {
  if (version !== undefined && found.version !== version) {
    return `version ${found.version ?? "none"} is current, not ${version}`;
  }
  if (found.problems.length > 0) return found.problems.map(({ detail }) => detail).join("; ");
  const stranger = found.targets.find(({ ours }) => !ours);
  return stranger === undefined ? undefined : `${stranger.function} is not attached as it was applied`;
}
