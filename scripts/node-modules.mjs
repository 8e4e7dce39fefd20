import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @typedef {{version?: string, integrity?: string, link?: boolean, optional?: boolean}} LockedPackage */

/**
 * True when everything the lock file wants is what npm says it installed. Optional packages of other platforms may
 * be absent.
 * @param {Record<string, LockedPackage>} wanted `packages` of package-lock.json
 * @param {Record<string, LockedPackage>} installed `packages` of node_modules/.package-lock.json
 */
export function modulesMatch(wanted, installed) {
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith("node_modules/")) continue;
    const found = installed[path];
    if (found === undefined) {
      if (entry.optional) continue;
      return false;
    }
    if (entry.link !== found.link || entry.version !== found.version) return false;
    if (entry.integrity !== found.integrity) return false;
  }
  return true;
}

/**
 * True when node_modules is what package-lock.json says. npm writes its own record last, so that a broken-off
 * install has none.
 * @param {string} root
 */
export function modulesAreFresh(root) {
  const record = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return modulesMatch(wanted, JSON.parse(readFileSync(record, "utf8")).packages);
}
