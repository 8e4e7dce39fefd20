import { createHash } from "node:crypto";
import { remedies } from "../bpf-preflight";
import { buildPackages, KNOWN_DISTRIBUTIONS } from "./build-packages";
import { missingOptionLine, missingOptions } from "./kernel-options";
import type { PreparationFacts } from "./preparation-facts";
import type { PreparationPlan } from "./preparation-plan";
import { renderSysctls } from "./sysctls";

/** What the state says of a node that is as the plan wants it. */
export const PREPARED = "prepared";

/** What keeps a node from ever being prepared as it is, one sentence each; nothing is done while there is one. */
export function refusals(node: string, plan: PreparationPlan, facts: PreparationFacts): string[] {
  const name = `Node ${node} (kernel ${facts.kernel})`;
  const said: string[] = [];
  if (plan.toolchain && packagesOf(plan, facts) === undefined) {
    const { id, version } = facts.distribution;
    said.push(
      `${name} runs ${id} ${version}, whose package names for bpf.build node are not known; use ${KNOWN_DISTRIBUTIONS.join(", ")}, or bpf.build once.`,
    );
  }
  if (facts.bpffs > 1)
    said.push(
      `${name} has ${String(facts.bpffs)} file systems mounted over each other at /sys/fs/bpf, so that pins of one are not seen in the other; unmount the upper ones there.`,
    );
  if (facts.cgroup2 === 0)
    said.push(
      `${name} has no cgroup version 2 mounted; boot it with systemd.unified_cgroup_hierarchy=1 on its kernel's command line.`,
    );
  if (plan.wireguard && !facts.wireguard)
    said.push(
      `${name} has no WireGuard, which the key platform.wireguard asks for; use a kernel with CONFIG_WIREGUARD (5.6 and later), or install its module.`,
    );
  if (plan.lsm && !facts.lsm.includes("bpf")) said.push(...withoutBootLine(name, facts));
  if (facts.configSource !== "") said.push(...optionLines(node, plan, facts, true));
  return said;
}

/** Why the boot line cannot be changed from here. */
function withoutBootLine(name: string, facts: PreparationFacts): string[] {
  const line = `lsm=${lsmLine(facts).join(",")}`;
  if (facts.container !== "none") {
    return [
      `${name} is a container (${facts.container}), whose security modules are its host's; boot the host with ${line}, or write preparation.lsm: keep.`,
    ];
  }
  if (facts.lsm.length === 0)
    return [`${name} does not tell its security modules; mount securityfs at /sys/kernel/security there.`];
  if (!facts.grub) {
    return [
      `${name} does not boot by GRUB with /etc/default/grub.d, so its command line cannot be changed from here; ${remedies.lsm(lsmLine(facts).slice(0, -1).join(","))}, then repeat.`,
    ];
  }
  return [];
}

/** The security modules to boot with: those in force and `bpf`. `capability` is always first and is never named. */
export function lsmLine({ lsm }: Pick<PreparationFacts, "lsm">): string[] {
  return [...lsm.filter((name) => name !== "capability" && name !== "bpf"), "bpf"];
}

/** The packages that the plan wants on this node; undefined for an unknown distribution. */
export function packagesOf(
  plan: PreparationPlan,
  { distribution, kernel, btf }: Pick<PreparationFacts, "distribution" | "kernel" | "btf">,
): string[] | undefined {
  return plan.toolchain ? buildPackages(distribution, { kernel, btf }) : [];
}

/** `prepared`, or one sentence of what deviates and an update would mend. */
export function preparationStatus(plan: PreparationPlan, facts: PreparationFacts): string {
  const wanted = Object.entries(plan.sysctls);
  const drifted = wanted.flatMap(([name, value]) => {
    const found = facts.sysctls[name];
    return found?.writable === true && found.value !== value
      ? [`${name} is ${found.value}, not ${value}`]
      : [];
  });
  const deviations = [
    ...drifted,
    ...(facts.dropIn === dropInDigest(plan) ? [] : ["the file of the sysctls is not ours"]),
    ...(facts.bpffs === 0 ? ["no bpffs is mounted at /sys/fs/bpf"] : []),
    ...(plan.lsm && !facts.lsm.includes("bpf") ? ["bpf is not among the security modules in force"] : []),
    ...(facts.missingPackages.length === 0 ? [] : [`not installed: ${facts.missingPackages.join(", ")}`]),
  ];
  return deviations.length === 0 ? PREPARED : deviations.join("; ");
}

/** What an update cannot mend and nothing of the config stands on: settings of the host, options of the kernel. */
export function preparationReport(node: string, plan: PreparationPlan, facts: PreparationFacts): string[] {
  const unset = Object.entries(plan.sysctls).flatMap(([name, value]) => {
    const found = facts.sysctls[name];
    if (found === undefined)
      return [`Node ${node} has no sysctl ${name}, which is wanted as ${value}${hostOf(facts)}.`];
    if (found.writable || found.value === value) return [];
    return [
      `Node ${node} cannot set ${name}, which is ${found.value} and wanted as ${value}${hostOf(facts)}.`,
    ];
  });
  if (facts.configSource === "") {
    return [
      ...unset,
      `Node ${node} (kernel ${facts.kernel}) shows no configuration of its kernel (/proc/config.gz, /boot/config-${facts.kernel}), so its options were not checked.`,
    ];
  }
  return [...unset, ...optionLines(node, plan, facts, false)];
}

function hostOf({ container }: PreparationFacts): string {
  return container === "none" ? "" : `: in a container (${container}) its host decides`;
}

function optionLines(
  node: string,
  plan: PreparationPlan,
  facts: PreparationFacts,
  needed: boolean,
): string[] {
  return missingOptions(facts.options, plan.features)
    .filter((missing) => missing.needed === needed)
    .map((missing) => missingOptionLine(node, facts.kernel, missing));
}

/** SHA-256 of the drop-in that the plan wants. */
export function dropInDigest({ sysctls }: Pick<PreparationPlan, "sysctls">): string {
  return createHash("sha256").update(renderSysctls(sysctls)).digest("hex");
}
