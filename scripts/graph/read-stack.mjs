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
  const sameBytes = needsByHash(states);
  const resources = states
    .filter((state) => state !== root && !state.type.startsWith("pulumi:") && !state.delete)
    .map(({ urn, type, parent, dependencies, deletedWith }) => ({
      ...{ urn, type, name: urn.slice(urn.lastIndexOf("::") + 2) },
      ...(parent && parent !== root?.urn ? { parent } : {}),
      needs: [
        ...new Set([...(dependencies ?? []), ...(deletedWith ? [deletedWith] : []), ...sameBytes(urn)]),
      ].sort(),
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
  const states = statesOf(document);
  const sameBytes = needsByHash(states);
  const resources = states.map(({ urn, type, parent, dependencies, deletedWith }) => {
    const needs = [...new Set([...(dependencies ?? []), ...sameBytes(urn)])].sort();
    return {
      ...{ urn, type },
      ...(parent ? { parent } : {}),
      ...(needs.length > 0 ? { dependencies: needs } : {}),
      ...(deletedWith ? { deletedWith } : {}),
    };
  });
  return { version: 3, deployment: { resources } };
}

/**
 * What is built while the program runs is known by its SHA-256, and the engine sees no dependency where a plain hash
 * is handed on: a resource also needs the one that puts out a hash which stands in its inputs.
 *
 * @param {State[]} states
 * @returns {(urn: string) => string[]}
 */
function needsByHash(states) {
  const makers = new Map(
    states.flatMap(({ urn, inputs, outputs }) => {
      const { sha256 } = outputs ?? {};
      return typeof sha256 === "string" && inputs?.sha256 === undefined ? [[sha256, urn]] : [];
    }),
  );
  const texts = new Map(states.map(({ urn, inputs }) => [urn, JSON.stringify(inputs ?? {})]));
  return (urn) =>
    [...makers]
      .filter(([hash, maker]) => maker !== urn && texts.get(urn)?.includes(hash))
      .map(([, maker]) => maker);
}

/**
 * @typedef {{ urn: string, type: string, parent?: string, dependencies?: string[], deletedWith?: string,
 *   delete?: boolean, inputs?: Record<string, unknown>, outputs?: Record<string, unknown> }} State
 * @param {unknown} document
 * @returns {State[]}
 */
function statesOf(document) {
  const { deployment, steps } = /** @type {any} */ (document ?? {});
  if (Array.isArray(deployment?.resources)) return deployment.resources;
  // A preview names each resource in a step; one that is deleted has no new state.
  if (Array.isArray(steps)) return steps.flatMap(({ newState }) => newState ?? []);
  throw new Error("This is neither the answer of `pulumi stack export` nor of `pulumi preview --json`.");
}
