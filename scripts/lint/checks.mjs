import { join } from "node:path";
import { shellFiles } from "./tree.mjs";

/**
 * The checks of the lint tier that are commands. `tool` is looked up on PATH and named when it is missing;
 * `fix` is what `--fix` runs instead of `args`.
 *
 * @typedef {{ name: string, tool?: string, command: string, args: string[], fix?: string[] }} LintCommand
 * @param {string} root
 * @param {string[]} files
 * @returns {LintCommand[]}
 */
export function lintCommands(root, files) {
  const npm = (/** @type {string} */ path) => join(root, "node_modules", path);
  const cache = (/** @type {string} */ name) => join(root, ".cache", "lint", name);
  const shell = shellFiles(root, files);
  const kernel = files.filter((path) => /^bpf\/.*\.[ch]$/.test(path));
  const node = process.execPath;
  const eslint = [
    npm("eslint/bin/eslint.js"),
    ".",
    "--max-warnings=0",
    "--cache",
    "--cache-location",
    `${cache("eslint")}/`,
  ];
  eslint.push("--cache-strategy", "content");
  const prettier = [
    npm("prettier/bin/prettier.cjs"),
    ".",
    "--log-level=warn",
    "--cache",
    "--cache-location",
    cache("prettier"),
  ];
  prettier.push("--cache-strategy", "content");
  const types = (/** @type {string} */ folder) => [
    npm("typescript/bin/tsc"),
    ...["-p", folder, "--incremental", "--tsBuildInfoFile", cache(`${folder}.tsbuildinfo`)],
  ];
  return [
    { name: "eslint", command: node, args: eslint, fix: [...eslint, "--fix"] },
    { name: "types of the tests", command: node, args: types("test") },
    { name: "types of the scripts", command: node, args: types("scripts") },
    { name: "prettier", command: node, args: [...prettier, "--check"], fix: [...prettier, "--write"] },
    // The rule is: a check without files is not run at all, for most tools would then read standard input.
    ...(shell.length === 0
      ? []
      : [
          {
            name: "shellcheck",
            tool: "shellcheck",
            command: "shellcheck",
            args: ["--external-sources", ...shell],
          },
          {
            ...{ name: "shfmt", tool: "shfmt", command: "shfmt" },
            args: ["-i", "2", "-d", ...shell],
            fix: ["-i", "2", "-w", ...shell],
          },
        ]),
    ...(kernel.length === 0
      ? []
      : [
          {
            ...{ name: "clang-format", tool: "clang-format", command: "clang-format" },
            args: ["--dry-run", "-Werror", ...kernel],
            fix: ["-i", ...kernel],
          },
        ]),
  ];
}
