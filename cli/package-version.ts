import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../components/project-root";

/** The version of this program, for reports that name their maker. */
export function packageVersion(): string {
  const manifest = readFileSync(join(projectRoot(), "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
