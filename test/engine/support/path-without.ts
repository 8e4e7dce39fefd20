import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A PATH on which everything of this one is found except some programs: one folder of links. */
export function pathWithout(hidden: RegExp, folder: string, path = process.env.PATH ?? ""): string {
  mkdirSync(folder);
  const seen = new Set<string>();
  for (const from of path.split(delimiter)) {
    for (const name of listed(from)) {
      if (hidden.test(name) || seen.has(name)) continue;
      seen.add(name);
      symlinkSync(join(from, name), join(folder, name));
    }
  }
  return folder;
}

/** PATH may name folders that do not exist. */
function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
