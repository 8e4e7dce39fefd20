import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The absolute path of the checkout, found upwards from this file, so that sources and the compiled
 * program in `bin/` find the same scripts and C files. Throws when no `package.json` of this project is above.
 */
export function projectRoot(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) {
      const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string };
      if (name === "ebpf-platform") return folder;
    }
    if (dirname(folder) === folder) {
      throw new Error(
        `No package.json named "ebpf-platform" lies above ${__dirname}; run from a checkout of the project.`,
      );
    }
  }
}
