import { renderRelease, type ReleaseLock } from "./lock";

/**
 * How a lock differs from one that was built again from the same commit, one line a value: `path: lock has X, rebuilt Y`.
 * A digest that one of the two lacks is no difference: it was not in hand.
 */
export function lockDifferences(lock: ReleaseLock, rebuilt: ReleaseLock): string[] {
  const before = leaves(JSON.parse(renderRelease(lock)), "");
  const after = leaves(JSON.parse(renderRelease(rebuilt)), "");
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths
    .filter((path) => before.get(path) !== after.get(path) && !unknownDigest(path, before, after))
    .map(
      (path) =>
        `${path}: the lock has ${before.get(path) ?? "nothing"}, rebuilt is ${after.get(path) ?? "nothing"}`,
    );
}

/** Values by dotted path; `sha256` and its reason are leaves of one digest. */
function leaves(value: unknown, path: string): Map<string, string> {
  if (typeof value !== "object" || value === null) return new Map([[path, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...leaves(inner, path === "" ? key : `${path}.${key}`)]),
  );
}

function unknownDigest(
  path: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): boolean {
  if (path.endsWith(".reason")) return true;
  return path.endsWith(".sha256") && [before.get(path), after.get(path)].includes("null");
}
