import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Every file of the checkout that is or could be committed, relative to its root.
 *
 * @param {string} root
 */
export function sourceFiles(root) {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  return execFileSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 })
    .split("\0")
    .filter((path) => path !== "" && existsSync(join(root, path)))
    .sort();
}

const SHELL = /^#!(\/usr\/bin\/env |\/bin\/|\/usr\/bin\/)(bash|sh|dash)\b/;

/**
 * Shell files are known by their ending or by their first line.
 *
 * @param {string} root
 * @param {string[]} files
 */
export function shellFiles(root, files) {
  return files.filter((path) => {
    if (path.endsWith(".sh")) return true;
    const name = path.slice(path.lastIndexOf("/") + 1);
    return !name.slice(1).includes(".") && SHELL.test(readFileSync(join(root, path), "utf8"));
  });
}
