import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "../project-root";

/** `source "${BASH_SOURCE%/*}/part.sh"`, which bash resolves in the checkout and this file where a script is sent away. */
const SOURCE_LINE = /^source "\$\{BASH_SOURCE%\/\*\}\/([a-z0-9-]+\.sh)"$/;

/**
 * The text of a shell script with the parts it sources put in their places, so that it runs where there is no checkout.
 * @param path relative to the project's root, for instance `components/node/scripts/ready.sh`.
 */
export function scriptText(path: string): string {
  return inlined(join(projectRoot(), path));
}

function inlined(file: string): string {
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line) => {
      const part = SOURCE_LINE.exec(line)?.[1];
      return part === undefined ? line : inlined(join(dirname(file), part));
    })
    .join("\n");
}
