import { nearest } from "../nearest";
import { holds, parsePrefix } from "../prefix";
import { stageRules } from "../stage";
import { present, type Draft, type Report } from "./draft";
import type { XdpAttach } from "./types";

/** Sources that the platform places itself, with the key that asks for them. */
const placed: Readonly<Record<string, string>> = {
  xdp_root: "every interface with XDP programs gets it by itself; remove the program",
  xdp_guard: "a guard is declared in the key bpf.guards; remove the program",
  xdp_lb: "the load balancer is declared by the key loadBalancer; remove the program",
};

/** BPF programs: names, nodes, slots, modes. */
export function checkBpf(draft: Draft, report: Report): void {
  checkNames(draft, report);
  checkGuards(draft, report);
  checkSlots(draft, report);
  checkModes(draft, report);
}

/** Reports a reference to a node that does not exist. */
export function checkNodeReference(
  draft: Draft,
  path: readonly PropertyKey[],
  name: string,
  report: Report,
): void {
  if (draft.nodeNames.includes(name)) return;
  const meant = nearest(name, draft.nodeNames);
  const fix = meant === undefined ? `nodes are ${draft.nodeNames.join(", ")}` : `did you mean "${meant}"`;
  report(path, name, `no node has this name; ${fix}`);
}

/** A place that fills a slot of an interface's chain. */
interface Chained {
  /** Of the program or guard in the config. */
  readonly path: readonly PropertyKey[];
  readonly name: string;
  readonly node: string;
  readonly attach: Omit<XdpAttach, "hook">;
}

function chained({ programs, guards }: Draft): Chained[] {
  return [
    ...present(programs).flatMap(([index, { name, node, attach }]) =>
      attach.hook === "xdp" ? [{ path: ["bpf", "programs", index], name, node, attach }] : [],
    ),
    ...present(guards).map(([index, { name, node, attach }]) => ({
      path: ["bpf", "guards", index],
      name,
      node,
      attach,
    })),
  ];
}

function checkNames(draft: Draft, report: Report): void {
  const first = new Map<string, string>();
  const all = [
    ...present(draft.programs).map(([index, program]) => ({ list: "programs", index, ...program })),
    ...present(draft.guards).map(([index, guard]) => ({ list: "guards", index, ...guard })),
  ];
  for (const { list, index, name, node } of all) {
    const path = ["bpf", list, index];
    const before = first.get(name);
    if (before === undefined) first.set(name, `bpf.${list}[${String(index)}]`);
    else report([...path, "name"], name, `${before} has this name already; names are unique`);
    checkNodeReference(draft, [...path, "node"], node, report);
  }
  for (const [index, { source }] of present(draft.programs)) {
    const owner = placed[source];
    if (owner !== undefined) report(["bpf", "programs", index, "source"], source, owner);
  }
}

/** A guard without a rule guards nothing; one that denies a node cuts the stack off from it. */
function checkGuards(draft: Draft, report: Report): void {
  for (const [index, guard] of present(draft.guards)) {
    const path = ["bpf", "guards", index];
    const { deny, sourceRate, dns } = guard;
    if (
      deny.length === 0 &&
      sourceRate === undefined &&
      dns?.labelMax === undefined &&
      dns?.rate === undefined
    ) {
      report(path, guard, "it has no rule; give it deny, sourceRate, dns.labelMax or dns.rate");
    }
    deny.forEach((text, place) => {
      const prefix = parsePrefix(text);
      const held = draft.nodes.find((node) => node !== undefined && holds(prefix, node.address));
      if (held) report([...path, "deny", place], text, `it holds node ${held.name}; leave it out`);
    });
  }
}

function checkSlots(draft: Draft, report: Report): void {
  const owners = new Map<string, string>();
  for (const { path, name, node, attach } of chained(draft)) {
    const place = `${node} ${attach.interface} ${String(attach.slot)}`;
    const owner = owners.get(place);
    if (owner === undefined) owners.set(place, name);
    else takenSlot([...path, "attach", "slot"], attach.slot, owner, `${node} ${attach.interface}`, report);
  }
  const balancer = draft.loadBalancer;
  if (!balancer) return;
  const owner = owners.get(`${balancer.node} ${balancer.interface} ${String(balancer.slot)}`);
  if (owner !== undefined)
    takenSlot(
      ["loadBalancer", "slot"],
      balancer.slot,
      owner,
      `${balancer.node} ${balancer.interface}`,
      report,
    );
}

function takenSlot(
  path: readonly PropertyKey[],
  slot: number,
  owner: string,
  where: string,
  report: Report,
): void {
  report(
    path,
    slot,
    `program ${owner} has this slot on ${where} already; slots 0 to 7 are unique on an interface`,
  );
}

/** Generic XDP runs after the socket buffer is built, and `auto` may fall back to it in silence. */
function checkModes(draft: Draft, report: Report): void {
  const { stage } = draft;
  if (stage === undefined) return;
  const modes = stageRules[stage].xdpModes;
  for (const { path, attach } of chained(draft)) {
    if (modes.includes(attach.mode)) continue;
    report(
      [...path, "attach", "mode"],
      attach.mode,
      `stage ${stage} runs XDP in native mode only; write ${modes.join(" or ")}`,
    );
  }
}
