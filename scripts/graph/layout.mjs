import { Graph, layout } from "@dagrejs/dagre";
import { textWidth } from "./text-width.mjs";

/** Sizes in pixels. */
export const HEADER = 28;
export const ROW = 18;
const PADDING = 10;
const GAP = 26;
const COLUMN_GAP = 18;
/** Between the ends of two arrows at one box. */
const PORT_GAP = 22;

/**
 * A box with its size, and its place inside its parent.
 *
 * @typedef {{ x: number, y: number }} Point
 * @typedef {Omit<import("./boxes.mjs").Box, "boxes" | "arrows"> & { x: number, y: number, width: number,
 *   height: number, boxes: PlacedBox[], arrows: Point[][] }} PlacedBox
 */

/**
 * Lays a box out from the inside: its children first, then the children beside one another by dagre, what needs
 * something above what it needs.
 *
 * @param {import("./boxes.mjs").Box} box
 * @returns {PlacedBox}
 */
export function place(box) {
  const title = textWidth(box.title, 13, "bold") + (box.type ? textWidth(box.type, 11) + COLUMN_GAP : 0);
  const rows = box.rows.map(
    ({ text, type }) => textWidth(text, 11.5, "mono") + (type ? textWidth(type, 10.5) + COLUMN_GAP : 0),
  );
  const width = Math.max(title, ...rows, 90) + 2 * PADDING;
  const height = HEADER + (box.rows.length > 0 ? box.rows.length * ROW + PADDING : 0);
  if (box.boxes.length === 0) return { ...box, x: 0, y: 0, width, height, boxes: [], arrows: [] };

  const children = box.boxes.map(place);
  const graph = new Graph();
  graph.setGraph({
    rankdir: "TB",
    nodesep: GAP,
    ranksep: GAP * 1.6,
    marginx: PADDING * 1.5,
    marginy: PADDING * 1.5,
  });
  // Backwards, because dagre turns around what has the same needs: boxes end up in the order of their names.
  for (const child of [...children].reverse())
    graph.setNode(child.id, { width: child.width, height: child.height });
  for (const { from, to } of [...box.arrows].reverse()) graph.setEdge(from, to, {});
  layout(graph);
  const inner = graph.graph();
  const shift = Math.max(0, (width - (inner.width ?? 0)) / 2);
  const moved = children.map((child) => {
    const { x = 0, y = 0 } = /** @type {Partial<Point>} */ (graph.node(child.id));
    return { ...child, x: x - child.width / 2 + shift, y: y - child.height / 2 + HEADER };
  });
  const bends = box.arrows.map(({ from, to }) => {
    const points = /** @type {Point[]} */ (graph.edge(from, to).points ?? []);
    // Without the ends and the middles of the gaps between rows, what is left leads past the boxes of a row.
    return points.slice(2, -2).flatMap(({ x, y }) => passRow({ x: x + shift, y: y + HEADER }, moved));
  });
  const arrows = route(box.arrows, bends, new Map(moved.map((child) => [child.id, child])));
  return {
    ...{ ...box, x: 0, y: 0, boxes: moved, arrows },
    width: Math.max(width, inner.width ?? 0),
    height: HEADER + (inner.height ?? 0),
  };
}

/**
 * A way straight past a whole row of boxes, so that no curve cuts a corner of one.
 *
 * @param {Point} point
 * @param {PlacedBox[]} boxes
 * @returns {Point[]}
 */
function passRow({ x, y }, boxes) {
  const { top, bottom } = rowEdges({ y, height: 0 }, boxes);
  return top === bottom
    ? []
    : [
        { x, y: top },
        { x, y: bottom },
      ];
}

/**
 * The edges of the row that a box stands in: boxes of a row have their middles at one height.
 *
 * @param {{ y: number, height: number }} box
 * @param {PlacedBox[]} boxes
 */
function rowEdges(box, boxes) {
  const middle = (/** @type {{ y: number, height: number }} */ one) => one.y + one.height / 2;
  const row = [box, ...boxes.filter((one) => Math.abs(middle(one) - middle(box)) < 1)];
  return {
    top: Math.min(...row.map(({ y }) => y)),
    bottom: Math.max(...row.map(({ y, height }) => y + height)),
  };
}

/**
 * Arrows leave at the bottom of a box and arrive at the top of another, side by side in the order of where they go.
 *
 * @param {{ from: string, to: string }[]} arrows
 * @param {Point[][]} bends
 * @param {Map<string, PlacedBox>} boxes
 */
function route(arrows, bends, boxes) {
  const middle = (/** @type {string} */ id) => (boxes.get(id)?.x ?? 0) + (boxes.get(id)?.width ?? 0) / 2;
  const port = (/** @type {number} */ index, /** @type {"from" | "to"} */ end) => {
    const id = arrows[index]?.[end] ?? "";
    const toward = (/** @type {number} */ other) => {
      const way = bends[other] ?? [];
      const next = end === "from" ? way[0] : way.at(-1);
      return next?.x ?? middle(arrows[other]?.[end === "from" ? "to" : "from"] ?? "");
    };
    const same = [...arrows.keys()]
      .filter((other) => arrows[other]?.[end] === id)
      .sort((a, b) => toward(a) - toward(b));
    const width = boxes.get(id)?.width ?? 0;
    const step = Math.min(PORT_GAP, (width * 0.8) / same.length);
    return middle(id) + (same.indexOf(index) - (same.length - 1) / 2) * step;
  };
  return arrows.map(({ from, to }, index) => {
    const [source, target] = [boxes.get(from), boxes.get(to)];
    if (!source || !target)
      throw new Error(`An arrow leads from ${from} to ${to}, and one of them is no box.`);
    const [start, end] = [port(index, "from"), port(index, "to")];
    // Straight to the edge of its row, so that a low box's arrow does not run into a higher neighbour.
    const all = [...boxes.values()];
    return [
      { x: start, y: source.y + source.height },
      { x: start, y: rowEdges(source, all).bottom },
      ...(bends[index] ?? []),
      { x: end, y: rowEdges(target, all).top },
      { x: end, y: target.y },
    ].filter((point, at, points) => at === 0 || point.y !== points[at - 1]?.y);
  });
}
