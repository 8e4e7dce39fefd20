import { boxesOf } from "./boxes.mjs";
import { place } from "./layout.mjs";
import { readStack } from "./read-stack.mjs";
import { toSvg } from "./svg.mjs";

/**
 * The picture of a stack: from the answer of `pulumi stack export` or `pulumi preview --json` to SVG.
 *
 * @param {unknown} document
 */
export function drawStack(document) {
  const { stack, resources } = readStack(document);
  return toSvg(place(boxesOf({ stack, resources })), {
    title: `The resources of stack ${stack}, grouped by component`,
    foot: `Stack ${stack}: ${resources.length} resources. An arrow says “needs”; those that follow from others are left out.`,
  });
}
