import type * as z from "zod";
import { present, type Draft, type Report } from "./draft";
import { closed, flag, oneOf, whole } from "./fields";

export const PREPARED_NODES = ["auto", "all", "none"] as const;
export const PREPARED_LSM = ["keep", "bpf"] as const;

/** How machines are made ready for BPF and Kubernetes before anything else runs on them. */
export interface PreparationConfig {
  /** `auto`: Kubernetes nodes of ours, nodes that build BPF objects, and all where `lsm` is `bpf`. Default `auto`. */
  readonly nodes: (typeof PREPARED_NODES)[number];
  /** `bpf` puts it into the boot line of nodes that lack it and reboots them. Default `keep`. */
  readonly lsm: (typeof PREPARED_LSM)[number];
  /** The sysctls of the CIS benchmarks beside those that BPF and the kubelet need. Default true. */
  readonly hardening: boolean;
  /** Seconds to wait for another apt or dpkg on the node, 5 to 3600. Default 300. */
  readonly aptLockSeconds: number;
}

export const preparationSchema: z.ZodType<PreparationConfig> = closed({
  nodes: oneOf(PREPARED_NODES).default("auto"),
  lsm: oneOf(PREPARED_LSM).default("keep"),
  hardening: flag().default(true),
  aptLockSeconds: whole(5, 3600, "the seconds").default(300),
});

/** A container has its host's kernel: no boot line of its own. */
export function checkPreparation({ preparation, nodes }: Draft, report: Report): void {
  if (preparation?.lsm !== "bpf" || preparation.nodes === "none") return;
  for (const [, { name, driver }] of present(nodes)) {
    if (driver === "nspawn")
      report(
        ["preparation", "lsm"],
        preparation.lsm,
        `node ${name} is an nspawn container, whose kernel is this host's; write keep, or use another driver`,
      );
  }
}
