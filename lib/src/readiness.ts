/** What a gate waits for: one object of the API server and what must be true of it. */
export interface ReadinessCheck {
  /** Path of the object under the API server, for instance `/apis/apps/v1/namespaces/kube-system/daemonsets/cilium`. */
  readonly path: string;
  /** `rolled-out` for workloads; a condition that must be True; a field that must have one text. */
  readonly is:
    | "rolled-out"
    | { readonly condition: string }
    | { readonly field: readonly string[]; readonly equals: string };
}

type Bag = Readonly<Record<string, unknown>>;

/** Why the object is not ready, as the rest of a sentence that begins with its path; undefined when it is. */
export function notReady({ is }: ReadinessCheck, object: unknown): string | undefined {
  if (!isBag(object)) return "does not exist yet";
  if (is === "rolled-out") return notRolledOut(object);
  if ("condition" in is) return notMet(is.condition, object);
  const value = is.field.reduce<unknown>((inner, key) => (isBag(inner) ? inner[key] : undefined), object);
  const found = typeof value === "string" || typeof value === "boolean" ? String(value) : undefined;
  if (found === is.equals) return undefined;
  return `has ${is.field.join(".")} ${found ?? "unset"}, not ${is.equals}`;
}

function notMet(type: string, object: Bag): string | undefined {
  const status = isBag(object.status) ? object.status : {};
  const list: unknown[] = Array.isArray(status.conditions) ? status.conditions : [];
  const found = list.filter(isBag).find((condition) => condition.type === type);
  if (found?.status === "True") return undefined;
  if (found === undefined) return `has no condition ${type} yet`;
  const message = typeof found.message === "string" && found.message !== "" ? ` (${found.message})` : "";
  return `has condition ${type} ${String(found.status)}${message}`;
}

/** A Deployment, StatefulSet or DaemonSet whose pods are all of the newest template and ready. */
function notRolledOut(object: Bag): string | undefined {
  const { metadata, spec, status } = object;
  if (!isBag(metadata) || !isBag(spec) || !isBag(status)) return "has no status yet";
  if (count(status.observedGeneration) < count(metadata.generation))
    return "is not seen by its controller yet";
  const daemons = "desiredNumberScheduled" in status;
  const wanted = daemons ? count(status.desiredNumberScheduled) : count(spec.replicas ?? 1);
  const updated = daemons ? status.updatedNumberScheduled : status.updatedReplicas;
  const ready = daemons ? status.numberAvailable : (status.availableReplicas ?? status.readyReplicas);
  if (wanted === 0) return daemons ? "has no node to run on" : undefined;
  if (count(updated) < wanted) return `has ${String(count(updated))} of ${String(wanted)} pods updated`;
  if (count(ready) < wanted) return `has ${String(count(ready))} of ${String(wanted)} pods ready`;
  return undefined;
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function isBag(value: unknown): value is Bag {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
