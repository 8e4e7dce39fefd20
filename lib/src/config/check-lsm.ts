import { present, valueAt, type Draft, type Report } from "./draft";
import { checkNodeReference } from "./check-bpf";
import type { LsmConfig } from "./types";

/** LSM policies: names, nodes, and that each has something to say. */
export function checkLsm(draft: Draft, report: Report): void {
  // On a node all of them have folders and pins by their names.
  const owners = new Map([
    ...present(draft.programs).map(([, { name }]) => [name, "a program"] as const),
    ...present(draft.guards).map(([, { name }]) => [name, "a guard"] as const),
  ]);
  const first = new Map<string, number>();
  for (const [index, policy] of present(draft.lsm)) {
    const path = ["bpf", "lsm", index];
    const before = first.get(policy.name);
    const owner = before === undefined ? owners.get(policy.name) : `bpf.lsm[${String(before)}]`;
    if (owner !== undefined)
      report([...path, "name"], policy.name, `${owner} has this name already; names are unique`);
    first.set(policy.name, before ?? index);
    checkNodeReference(draft, [...path, "node"], policy.node, report);
    if (ruleCount(policy) === 0) report(path, policy, `it has no rule; give it ${ruleKeys[policy.kind]}`);
  }
  draft.rawLsm.forEach((policy, index) => checkPlace(draft, policy, index, report));
  draft.rawPrograms.forEach((program, index) => {
    if (valueAt(program, ["attach", "hook"]) !== "lsm") return;
    report(
      ["bpf", "programs", index],
      program,
      "LSM programs are declared in the key bpf.lsm; move it there",
    );
  });
}

const ruleKeys: Readonly<Record<LsmConfig["kind"], string>> = {
  exec: "files or digests",
  file: "files",
  connect: "rules",
  kill: "files or cgroups",
  mount: "types or folders",
};

function ruleCount(policy: LsmConfig): number {
  switch (policy.kind) {
    case "exec":
      return policy.files.length + policy.digests.length;
    case "file":
      return policy.files.length;
    case "connect":
      return policy.rules.length;
    case "kill":
      return policy.files.length + policy.cgroups.length;
    case "mount":
      return policy.types.length + policy.folders.length;
  }
}

/** An LSM program rules the whole kernel, and a container's kernel is its host's. */
function checkPlace(draft: Draft, policy: unknown, index: number, report: Report): void {
  const node = draft.nodes.find((candidate) => candidate?.name === valueAt(policy, ["node"]));
  if (draft.stage !== "lab" && node?.driver !== "nspawn") return;
  const where = node?.driver === "nspawn" ? `the nspawn node ${node.name}` : "stage lab";
  report(
    ["bpf", "lsm", index],
    policy,
    `LSM programs never run on ${where}: they would rule the host's kernel; use a virtual machine`,
  );
}
