import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const LINK = /\]\(([^)\s]+)\)/g;

/**
 * Links of Markdown files that lead nowhere, and documents that the index leaves out, as `path:line: sentence`.
 *
 * @param {string} root
 * @param {string[]} files
 */
export function linkProblems(root, files) {
  const problems = [];
  const linked = new Set();
  for (const path of files.filter((file) => file.endsWith(".md"))) {
    const lines = readFileSync(join(root, path), "utf8").split("\n");
    for (const [index, line] of lines.entries()) {
      for (const [, target = ""] of line.matchAll(LINK)) {
        if (/^[a-z]+:|^#/.test(target)) continue;
        const place = normalize(join(dirname(path), target.replace(/#.*$/, "")));
        if (path === "docs/README.md") linked.add(place);
        if (!existsSync(join(root, place)))
          problems.push(`${path}:${index + 1}: the link to ${target} leads nowhere`);
      }
    }
  }
  for (const path of files.filter((file) => /^docs\/[^/]+\.md$/.test(file) && file !== "docs/README.md")) {
    if (!linked.has(path)) problems.push(`docs/README.md:1: ${path} is missing from the index`);
  }
  return problems;
}
