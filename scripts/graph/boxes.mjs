/**
 * The picture before its layout: boxes in boxes, with rows for plain resources and arrows between neighbours.
 *
 * @typedef {{ text: string, type: string }} Row
 * @typedef {{ id: string, title: string, type: string, kind: string, rows: Row[], boxes: Box[],
 *   arrows: { from: string, to: string }[] }} Box
 * @typedef {import("./read-stack.mjs").StackResource} StackResource
 */

/**
 * Turns resources into boxes: a component is a box, the resources in it are its rows, and a component around a single
 * resource is a row itself. An arrow joins two boxes of the same level when something in the first needs
 * something in the second; arrows that follow from others are left out.
 *
 * @param {{ stack: string, resources: StackResource[] }} graph
 * @returns {Box}
 */
export function boxesOf({ stack, resources }) {
  /** @type {Map<string | undefined, StackResource[]>} */
  const children = new Map();
  const known = new Map(resources.map((one) => [one.urn, one]));
  for (const one of resources) {
    const parent = one.parent !== undefined && known.has(one.parent) ? one.parent : undefined;
    children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const childrenOf = (/** @type {string | undefined} */ urn) => children.get(urn) ?? [];
  const size = (/** @type {StackResource} */ one) => childrenOf(one.urn).length;
  /** @type {(one: StackResource) => boolean} */
  const isRow = (one) => size(one) === 0 || (size(one) === 1 && childrenOf(one.urn).every(isRow));

  const build = (/** @type {StackResource | undefined} */ owner) => {
    const members = childrenOf(owner?.urn);
    const title = owner?.name ?? stack;
    /** @type {Box} */
    const box = {
      ...{ id: owner?.urn ?? "", title, type: owner ? shortType(owner.type) : "stack" },
      ...{ kind: owner ? kindOf(owner.type) : "stack", rows: [], boxes: [], arrows: [] },
    };
    const inner = members.filter((one) => !isRow(one));
    const rows = members.filter(isRow);
    if (inner.length === 0 && owner) {
      box.rows = toRows(rows, title);
      return box;
    }
    // Beside real boxes, plain resources stand in boxes of their own, one for each type.
    box.boxes = inner.map((one) => build(one));
    for (const [type, group] of grouped(rows)) {
      const kind = kindOf(group[0]?.type ?? "");
      const id = `${box.id}/${type}`;
      box.boxes.push({
        id,
        title: type,
        type: "",
        kind,
        rows: toRows(group, title, false),
        boxes: [],
        arrows: [],
      });
    }
    box.arrows = arrowsOf(box, known, isRow);
    return box;
  };
  return build(undefined);
}

/** @param {StackResource[]} rows */
function grouped(rows) {
  /** @type {Map<string, StackResource[]>} */
  const groups = new Map();
  for (const one of rows) groups.set(shortType(one.type), [...(groups.get(shortType(one.type)) ?? []), one]);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * @param {StackResource[]} resources
 * @param {string} owner
 * @param {boolean} [withType]
 * @returns {Row[]}
 */
function toRows(resources, owner, withType = true) {
  return resources
    .map(({ name, type }) => ({
      text: name.startsWith(`${owner}-`) ? name.slice(owner.length + 1) : name,
      type: withType ? shortType(type) : "",
    }))
    .sort((a, b) => (`${a.type}\0${a.text}` < `${b.type}\0${b.text}` ? -1 : 1));
}

/**
 * @param {Box} level
 * @param {Map<string, StackResource>} known
 * @param {(one: StackResource) => boolean} isRow
 */
function arrowsOf(level, known, isRow) {
  const home = (/** @type {string} */ urn) => {
    for (let one = known.get(urn); one; one = one.parent === undefined ? undefined : known.get(one.parent)) {
      if ((one.parent ?? "") !== level.id) continue;
      return isRow(one) ? `${level.id}/${shortType(one.type)}` : one.urn;
    }
    return undefined;
  };
  /** @type {Map<string, Set<string>>} */
  const arrows = new Map();
  for (const { urn, needs } of known.values()) {
    const from = home(urn);
    for (const to of from === undefined ? [] : needs.map(home)) {
      if (from === undefined || to === undefined || from === to) continue;
      arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
    }
  }
  return withoutImplied(arrows);
}

/**
 * Leaves out each arrow whose ends are also joined by a longer way.
 *
 * @param {Map<string, Set<string>>} arrows
 */
export function withoutImplied(arrows) {
  const reaches = (/** @type {string} */ from, /** @type {string} */ to, /** @type {string} */ not) => {
    const seen = new Set([from]);
    for (const at of seen) {
      for (const next of arrows.get(at) ?? []) {
        if (at === from && next === not) continue;
        if (next === to) return true;
        seen.add(next);
      }
    }
    return false;
  };
  for (const from of [...arrows.keys()].sort()) {
    for (const to of [...(arrows.get(from) ?? [])].sort()) {
      if (reaches(from, to, to)) arrows.get(from)?.delete(to);
    }
  }
  return [...arrows]
    .flatMap(([from, targets]) => [...targets].map((to) => ({ from, to })))
    .sort((a, b) => (`${a.from}\0${a.to}` < `${b.from}\0${b.to}` ? -1 : 1));
}

/** Names that say something only together with their module. */
const GENERIC = new Set(["Command", "Resource", "Object", "Program", "Map"]);

/**
 * `ebpf-platform:node:Machine` is a Machine, `command:remote:Command` a remote.Command.
 *
 * @param {string} type
 */
export function shortType(type) {
  const [pkg, module = "", name = type] = type.split(":");
  // A dynamic resource has its module behind a slash: pulumi-nodejs:dynamic/bpf:BpfProgram.
  const place = module.split("/")[pkg === "pulumi-nodejs" ? 1 : 0] ?? "dynamic";
  return GENERIC.has(name) ? `${place}.${name}` : name;
}

/**
 * What a type belongs to, for its colour: the module of our own components, the package of others.
 *
 * @param {string} type
 */
export function kindOf(type) {
  const [pkg = "", module = ""] = type.split(":");
  if (pkg === "ebpf-platform") return module;
  return pkg === "pulumi-nodejs" ? (module.split("/")[1] ?? "dynamic") : pkg;
}
