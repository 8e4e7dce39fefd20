import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Gate files of the checkout by path. */
export function gateFiles(root: string): ReadonlyMap<string, string> {
  const folder = join(root, "gates");
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".yaml")) : [];
  return new Map(files.sort().map((file) => [`gates/${file}`, readFileSync(join(folder, file), "utf8")]));
}
