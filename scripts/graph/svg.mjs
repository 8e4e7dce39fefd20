import { HEADER, ROW } from "./layout.mjs";

/** Mid tones: white text stands on them, and they stand on light and on dark ground. */
const KNOWN = new Map([
  ["stack", "#5c6b7a"],
  ["node", "#2f6fb3"],
  ["bpf", "#b5562b"],
]);
const OTHERS = ["#3b7d4f", "#7a56a8", "#a3405e", "#8a6d1d", "#27808a", "#6a6fb5"];
const otherColour = (/** @type {number} */ index) => OTHERS[index % OTHERS.length] ?? "#5c6b7a";
const MARGIN = 16;
const FOOT = 30;

const STYLE = `
    text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif; fill: #1f2933; }
    .ground { fill: #ffffff; }
    .box { fill: #f6f8fa; stroke: #c3ccd5; }
    .group { fill: #ffffff; stroke: #c3ccd5; }
    .title { font-size: 13px; font-weight: 600; fill: #ffffff; }
    .kind { font-size: 11px; fill: #ffffff; fill-opacity: 0.85; text-anchor: end; }
    .row { font-family: ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; font-size: 11.5px; }
    .type { font-size: 10.5px; fill: #5c6b7a; text-anchor: end; }
    .foot { font-size: 11px; fill: #5c6b7a; }
    .arrow { fill: none; stroke: #6b7885; stroke-width: 1.4; marker-end: url(#head); }
    .head { fill: #6b7885; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .ground { fill: #0d1117; }
      .box { fill: #161b22; stroke: #3d4752; }
      .group { fill: #0d1117; stroke: #3d4752; }
      .title, .kind { fill: #ffffff; }
      .type, .foot { fill: #9aa7b4; }
      .arrow { stroke: #9aa7b4; }
      .head { fill: #9aa7b4; }
    }
`;

/**
 * Draws placed boxes. The same boxes give the same bytes.
 *
 * @param {import("./layout.mjs").PlacedBox} root
 * @param {{ title: string, foot: string }} texts
 */
export function toSvg(root, { title, foot }) {
  const width = Math.ceil(root.width + 2 * MARGIN);
  const height = Math.ceil(root.height + 2 * MARGIN + FOOT);
  const others = [...new Set(allKinds(root))].filter((kind) => !KNOWN.has(kind)).sort();
  const colours = new Map([
    ...KNOWN,
    ...others.map((kind, index) => /** @type {const} */ ([kind, otherColour(index)])),
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
  <title id="title">${escape(title)}</title>
  <style>${STYLE}  </style>
  <defs>
    <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
      <path class="head" d="M0 0.5 L8 4 L0 7.5 Z"/>
    </marker>
  </defs>
  <rect class="ground" width="${width}" height="${height}" rx="10"/>
${draw(root, MARGIN, MARGIN, colours).join("\n")}
  <text class="foot" x="${MARGIN}" y="${height - MARGIN}">${escape(foot)}</text>
</svg>
`;
}

/** @param {import("./layout.mjs").PlacedBox} box @returns {string[]} */
function allKinds(box) {
  return [box.kind, ...box.boxes.flatMap(allKinds)];
}

/**
 * @param {import("./layout.mjs").PlacedBox} box
 * @param {number} left
 * @param {number} top
 * @param {Map<string, string>} colours
 * @returns {string[]}
 */
function draw(box, left, top, colours) {
  const x = round(left + box.x);
  const y = round(top + box.y);
  const [width, height] = [round(box.width), round(box.height)];
  const right = round(x + width - 10);
  const colour = colours.get(box.kind) ?? "#5c6b7a";
  const bottom =
    height > HEADER
      ? `v${HEADER - 6} h-${width} v-${HEADER - 6}`
      : `v${HEADER - 12} a6 6 0 0 1 -6 6 h-${width - 12} a6 6 0 0 1 -6 -6 v-${HEADER - 12}`;
  const lines = [
    `  <g>`,
    `    <rect class="${box.boxes.length > 0 ? "group" : "box"}" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`,
    `    <path fill="${colour}" d="M${x} ${round(y + 6)} a6 6 0 0 1 6 -6 h${round(width - 12)} a6 6 0 0 1 6 6 ${bottom} Z"/>`,
    `    <text class="title" x="${round(x + 10)}" y="${round(y + 18.5)}">${escape(box.title)}</text>`,
  ];
  if (box.type)
    lines.push(`    <text class="kind" x="${right}" y="${round(y + 18)}">${escape(box.type)}</text>`);
  for (const [index, { text, type }] of box.rows.entries()) {
    const base = round(y + HEADER + index * ROW + 17);
    lines.push(`    <text class="row" x="${round(x + 10)}" y="${base}">${escape(text)}</text>`);
    if (type) lines.push(`    <text class="type" x="${right}" y="${base}">${escape(type)}</text>`);
  }
  lines.push(`  </g>`);
  lines.push(...box.boxes.flatMap((child) => draw(child, x, y, colours)));
  for (const points of box.arrows)
    lines.push(`  <path class="arrow" d="${curve(points.map((p) => ({ x: p.x + x, y: p.y + y })))}"/>`);
  return lines;
}

/**
 * A line that leaves, passes and arrives vertically.
 *
 * @param {import("./layout.mjs").Point[]} points
 */
function curve(points) {
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1];
      if (!before) return `M${round(x)} ${round(y)}`;
      const half = (y - before.y) / 2;
      return `C${round(before.x)} ${round(before.y + half)} ${round(x)} ${round(y - half)} ${round(x)} ${round(y)}`;
    })
    .join(" ");
}

const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;
const escape = (/** @type {string} */ text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
