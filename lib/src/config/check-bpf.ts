import { nearest } from "../nearest";
import { stageRules } from "../stage";
import { present, valueAt, type Draft, type Report } from "./draft";

/** Sources that the platform places itself, with the key that asks for them. */
const placed: Readonly<Record<string, string>> = {
  xdp_root: "every interface with XDP programs gets it by itself; remove the program",
  xdp_lb: "the load balancer is declared by the key loadBalancer; remove the program",
};

/** BPF programs: names, nodes, slots, modes. */
export function checkBpf(draft: Draft, report: Report): void {
  checkNames(draft, report);
  checkSlots(draft, report);
  checkModes(draft, report);
  checkLsm(draft, report);
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

function checkNames(draft: Draft, report: Report): void {
  const first = new Map<string, number>();
  for (const [index, program] of present(draft.programs)) {
    const path = ["bpf", "programs", index];
    const before = first.get(program.name);
    if (before === undefined) first.set(program.name, index);
    else
      report(
        [...path, "name"],
        program.name,
        `bpf.programs[${String(before)}] has this name already; names are unique`,
      );
    checkNodeReference(draft, [...path, "node"], program.node, report);
    const owner = placed[program.source];
    if (owner !== undefined) report([...path, "source"], program.source, owner);
  }
}

function checkSlots(draft: Draft, report: Report): void {
  const owners = new Map<string, string>();
  for (const [index, { name, node, attach }] of present(draft.programs)) {
    if (attach.hook !== "xdp") continue;
    const place = `${node} ${attach.interface} ${String(attach.slot)}`;
    const owner = owners.get(place);
    if (owner === undefined) owners.set(place, name);
    else
      takenSlot(
        ["bpf", "programs", index, "attach", "slot"],
        attach.slot,
        owner,
        `${node} ${attach.interface}`,
        report,
      );
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
function checkModes({ stage, programs }: Draft, report: Report): void {
  if (stage === undefined) return;
  const modes = stageRules[stage].xdpModes;
  for (const [index, { attach }] of present(programs)) {
    if (attach.hook !== "xdp" || modes.includes(attach.mode)) continue;
    const path = ["bpf", "programs", index, "attach", "mode"];
    report(path, attach.mode, `stage ${stage} runs XDP in native mode only; write ${modes.join(" or ")}`);
  }
}

/** An LSM program rules the whole kernel, and a container's kernel is its host's. */
function checkLsm(draft: Draft, report: Report): void {
  draft.rawPrograms.forEach((program, index) => {
    if (valueAt(program, ["attach", "hook"]) !== "lsm") return;
    const node = draft.nodes.find((candidate) => candidate?.name === valueAt(program, ["node"]));
    if (draft.stage !== "lab" && node?.driver !== "nspawn") return;
    const where = node?.driver === "nspawn" ? `the nspawn node ${node.name}` : "stage lab";
    report(
      ["bpf", "programs", index],
      program,
      `LSM programs never run on ${where}: they would rule the host's kernel; use a virtual machine`,
    );
  });
}
