import { equal, isAsset, isArchive, isObject, isSecret, type Property, type PropertyMap } from "./property";
import type { Difference, DiffKind } from "./stand-in";

/**
 * Compares old and new inputs as the engine's own diff does: one entry a changed leaf, with its path. A secret is one
 * leaf, and a value that becomes secret has changed.
 *
 * @param replaces tells for a path whether its change needs a new resource.
 */
export function difference(
  oldInputs: PropertyMap,
  inputs: PropertyMap,
  replaces: (path: string) => boolean,
): Difference {
  const leaves = new Map<string, DiffKind>();
  compareMembers("", publicMembers(oldInputs), publicMembers(inputs), leaves);
  const detailed = Object.fromEntries(
    [...leaves].map(([path, kind]) => [path, { kind, replace: replaces(path) }]),
  );
  return { changes: leaves.size > 0, detailed };
}

/** The engine adds `version` and members with two underscores; they are not the user's. */
function publicMembers(values: PropertyMap): PropertyMap {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([key, value]) => value !== null && key !== "version" && !key.startsWith("__"),
    ),
  );
}

function compareMembers(path: string, old: PropertyMap, now: PropertyMap, leaves: Map<string, DiffKind>) {
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const plain = /^[A-Za-z_$][\w$]*$/.test(key);
    const memberPath = plain ? (path === "" ? key : `${path}.${key}`) : `${path}[${JSON.stringify(key)}]`;
    compare(memberPath, old[key], now[key], leaves);
  }
}

function compare(
  path: string,
  old: Property | undefined,
  now: Property | undefined,
  leaves: Map<string, DiffKind>,
): void {
  if (equal(old, now)) return;
  if (old === undefined || old === null) leaves.set(path, "add");
  else if (now === undefined || now === null) leaves.set(path, "delete");
  else if (Array.isArray(old) && Array.isArray(now)) {
    for (let index = 0; index < Math.max(old.length, now.length); index++) {
      compare(`${path}[${String(index)}]`, old[index], now[index], leaves);
    }
  } else if (isBranch(old) && isBranch(now)) compareMembers(path, old, now, leaves);
  else leaves.set(path, "update");
}

function isBranch(value: Property): value is PropertyMap {
  return isObject(value) && !isSecret(value) && !isAsset(value) && !isArchive(value);
}
