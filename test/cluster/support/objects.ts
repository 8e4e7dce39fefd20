import type { Recorded } from "../../unit/components/node/recorded-resources";

/** A Kubernetes object as it goes to a server. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** How the engine wraps a secret, and the key under which the content lies. */
const SECRET = "4dabf18193072939515e22adb298388d";

/** What a program registers with a cluster: its objects, and the charts, whose objects it does not see. */
export interface Registered {
  readonly objects: readonly KubeObject[];
  /** Names of Helm releases. */
  readonly releases: readonly string[];
}

export function registeredWith(recorded: readonly Recorded[]): Registered {
  const own = recorded.filter(({ type }) => type.startsWith("kubernetes:"));
  const isRelease = ({ type }: Recorded): boolean => type === "kubernetes:helm.sh/v3:Release";
  return {
    objects: own.filter((each) => !isRelease(each)).map(({ inputs }) => inClear(inputs) as KubeObject),
    releases: own.filter(isRelease).map(({ inputs }) => String(inputs["name"])),
  };
}

/** A value without the envelopes of its secrets. */
export function inClear(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inClear);
  if (typeof value !== "object" || value === null) return value;
  if (SECRET in value && "value" in value) return inClear(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inClear(inner)]));
}

/** `TracingPolicy audit-shadow`, for messages. */
export function titleOf({ kind, metadata }: KubeObject): string {
  const { name, namespace } = metadata;
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}
