/**
 * One resource of a stack, as far as the picture needs it.
 *
 * @typedef {{ urn: string, type: string, name: string, parent?: string, needs: string[] }} StackResource
 */

/**
 * The resources in the answer of `pulumi stack export` or `pulumi preview --json`, without providers and without
 * those that are about to go.
 *
 * @param {unknown} document
 * @returns {{ stack: string, resources: StackResource[] }}
 */
export function readStack(document) {
  const states = statesOf(document);
  const root = states.find(({ type }) => type === "pulumi:pulumi:Stack");
  const stack = states[0]?.urn.split("::")[0]?.split(":")[2];
  if (stack === undefined)
    throw new Error("The graph has no resources; give the export of a stack that is up.");
  const resources = states
    .filter((state) => state !== root && !state.type.startsWith("pulumi:") && !state.delete)
    .map(({ urn, type, parent, dependencies, deletedWith }) => ({
      ...{ urn, type, name: urn.slice(urn.lastIndexOf("::") + 2) },
      ...(parent && parent !== root?.urn ? { parent } : {}),
      needs: [...new Set([...(dependencies ?? []), ...(deletedWith ? [deletedWith] : [])])].sort(),
    }))
    .sort((a, b) => (a.urn < b.urn ? -1 : 1));
  return { stack, resources };
}

/**
 * The same graph as a small export: without inputs, outputs and secrets, fit to be kept beside the picture.
 *
 * @param {unknown} document
 */
export function recordOf(document) {
  const resources = statesOf(document).map(({ urn, type, parent, dependencies, deletedWith }) => ({
    ...{ urn, type },
    ...(parent ? { parent } : {}),
    ...(dependencies?.length ? { dependencies: [...dependencies].sort() } : {}),
    ...(deletedWith ? { deletedWith } : {}),
  }));
  return { version: 3, deployment: { resources } };
}

/**
 * @param {unknown} document
 * @returns {{ urn: string, type: string, parent?: string, dependencies?: string[], deletedWith?: string,
 *   delete?: boolean }[]}
 */
function statesOf(document) {
  const { deployment, steps } = /** @type {any} */ (document ?? {});
  if (Array.isArray(deployment?.resources)) return deployment.resources;
  // A preview names each resource in a step; one that is deleted has no new state.
  if (Array.isArray(steps)) return steps.flatMap(({ newState }) => newState ?? []);
  throw new Error("This is neither the answer of `pulumi stack export` nor of `pulumi preview --json`.");
}
