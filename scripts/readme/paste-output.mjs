import { stripVTControlCharacters } from "node:util";

const HEAD_LINES = 12;
const TAIL_LINES = 48;

/**
 * The README with a command's output between its markers: without colours, as the last state of lines that were
 * redrawn, and without the middle when it is long.
 *
 * @param {string} readme
 * @param {string} command
 * @param {string} output
 */
export function pasteOutput(readme, command, output) {
  const start = `<!-- output:start ${command} -->`;
  const from = readme.indexOf(start);
  const to = readme.indexOf("<!-- output:end -->", from);
  if (from < 0 || to < 0)
    throw new Error(`README.md has no "${start}" with an end marker after it; put both back.`);
  const lines = stripVTControlCharacters(output)
    .split("\n")
    .map((line) => line.replace(/\r$/, "").replace(/^.*\r/, "").trimEnd());
  const text = lines.join("\n").trim().split("\n");
  const left = text.length - HEAD_LINES - TAIL_LINES;
  const short =
    left > 1 ? [...text.slice(0, HEAD_LINES), `… ${left} more lines …`, ...text.slice(-TAIL_LINES)] : text;
  return `${readme.slice(0, from + start.length)}\n\n\`\`\`text\n${short.join("\n")}\n\`\`\`\n\n${readme.slice(to)}`;
}
