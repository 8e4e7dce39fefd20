import { z } from "zod";
import type { NodeConnection } from "../../node/connection";
import { hasUnknown, isUnknown } from "../../node/provider/unknown";

export { hasUnknown };

/** Version of the inputs' shape, kept in state so that a later release can tell which it reads. */
export const SCHEMA_VERSION = 1;

/** What `status` must be; `read` puts the drift in its place, so that the preview shows it as a difference of this input. */
export const ATTACHED = "attached";

const hex64 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits");

export const connectionSchema: z.ZodType<NodeConnection> = z.lazy(() =>
  z.strictObject({
    host: z.string().min(1),
    port: z.number().int().min(1).max(65535),
    user: z.string().min(1),
    privateKey: z.string().min(1),
    hostKey: z.string().min(1),
    proxy: connectionSchema.exactOptional(),
  }),
);

const attach = z.discriminatedUnion("hook", [
  z.strictObject({
    hook: z.literal("xdp"),
    interface: z.string().regex(/^[^\s/:]{1,15}$/, "must be an interface name of at most 15 characters"),
    slot: z.number().int().min(0).max(7),
    mode: z.enum(["native", "generic", "auto"]),
  }),
  z.strictObject({
    hook: z.literal("tc"),
    interface: z.string().regex(/^[^\s/:]{1,15}$/, "must be an interface name of at most 15 characters"),
    direction: z.enum(["ingress", "egress"]),
  }),
  z.strictObject({
    hook: z.enum(["tracepoint", "raw_tp", "kprobe", "uprobe", "cgroup", "sock_ops"]),
    target: z.string().min(1),
  }),
  z.strictObject({ hook: z.literal("lsm") }),
]);

const sourceFile = z.strictObject({ path: z.string(), sha256: hex64 });

/** Inputs of a program, as they stand in state. */
export const programInputs = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  node: z.string().min(1),
  /** Another value for another machine under the same name. */
  instance: z.string(),
  program: z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, "must be lower-case letters, digits, - and _"),
  status: z.literal(ATTACHED),
  connection: connectionSchema,
  loaderSha256: hex64,
  source: z.string().min(1),
  /** `once`: the object is objectSha256; `node`: the node builds it from sources. */
  build: z.enum(["once", "node"]),
  objectSha256: hex64.optional(),
  sources: z.array(sourceFile).optional(),
  function: z.string().min(1),
  attach,
  constants: z.record(z.string(), z.number().int()),
  maps: z.record(z.string(), z.enum(["keep", "recreate", "migrate"])),
  takeover: z.boolean(),
  /** The config key that asks for the program, for messages. */
  askedBy: z.string().exactOptional(),
  healthSeconds: z.number().int().min(0).max(300),
  /** Maps stay on the node when the program is deleted. */
  keepMaps: z.boolean(),
});
export type ProgramInputs = z.infer<typeof programInputs>;

/** Inputs of the contents of a program's maps. */
export const mapInputs = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  node: z.string().min(1),
  /** Another value for another machine under the same name. */
  instance: z.string(),
  program: z.string().min(1),
  status: z.literal("as written"),
  connection: connectionSchema,
  loaderSha256: hex64,
  /** In the order they are written: what refers to others comes after them. */
  contents: z.array(z.strictObject({ map: z.string().min(1), sha256: hex64 })).min(1),
  /** Seconds within which a fresh connection confirms what was written, or the node takes it back. */
  confirmSeconds: z.number().int().min(1).max(3600).exactOptional(),
});
export type MapInputs = z.infer<typeof mapInputs>;

/** Inputs of the place of a split on a node, which another stack may own. */
export const splitInputs = z.strictObject({
  schemaVersion: z.literal(SCHEMA_VERSION),
  node: z.string().min(1),
  /** As the loader's verb `split` names it: a program, or a load balancer's program and the index of a VIP. */
  target: z.string().regex(/^[a-z][a-z0-9_-]{0,62}(\/[0-9]+)?$/, "must be NAME or NAME/VIP"),
  status: z.literal("in place"),
  connection: connectionSchema,
  /** The version that shares the program's flows; absent where backends do. */
  candidate: z.strictObject({ source: z.string().min(1), objectSha256: hex64, attach }).exactOptional(),
});
export type SplitInputs = z.infer<typeof splitInputs>;

/** One failure a wrong property, unknown values left alone: they are checked once they are known. */
export function inputFailures(
  schema: z.ZodType,
  inputs: Record<string, unknown>,
): { property: string; reason: string }[] {
  const { __provider: _serialized, ...plain } = inputs;
  const result = schema.safeParse(plain);
  if (result.success) return [];
  return result.error.issues
    .filter(({ path }) => !hasUnknown(valueAt(plain, path)))
    .map(({ path, message }) => ({ property: path.map(String).join(".") || "inputs", reason: message }));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => {
    if (isUnknown(at)) return at;
    return typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined;
  }, value);
}
