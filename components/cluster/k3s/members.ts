import { parseTaint } from "@ebpf-platform/lib/k3s";
import type { K3sDrainConfig } from "@ebpf-platform/lib/config";
import * as pulumi from "@pulumi/pulumi";
import type { CommandTarget } from "../../node/node-command";
import { lazyClusterProvider } from "../lazy-provider";

export interface MemberArgs {
  /** Secret. */
  readonly kubeconfig: pulumi.Input<string>;
  readonly machine: CommandTarget;
  /** Labels that only the API may set. */
  readonly labels: Readonly<Record<string, string>>;
  /** `key=value:effect`. */
  readonly taints: readonly string[];
  readonly drain: K3sDrainConfig;
}

const memberLoader = lazyClusterProvider("memberProvider");
const formerLoader = lazyClusterProvider("formerNodeProvider");

function inputs({ kubeconfig, machine, labels, taints, drain }: MemberArgs): Record<string, unknown> {
  return {
    kubeconfig: pulumi.secret(kubeconfig),
    node: machine.name,
    labels,
    taints: taints.map((taint) => parseTaint(taint)),
    instance: machine.instance,
    drainSeconds: drain.seconds,
    force: drain.force,
  };
}

const secretOutputs = { additionalSecretOutputs: ["kubeconfig"] };

/**
 * A node in its cluster, from the moment it has registered: carries labels and taints through the API, and on delete is
 * cordoned, drained and forgotten with its password.
 */
export class ClusterMember extends pulumi.dynamic.Resource {
  constructor(name: string, args: MemberArgs, opts: pulumi.CustomResourceOptions) {
    super(memberLoader, name, inputs(args), pulumi.mergeOptions(opts, secretOutputs), "cluster", "Member");
  }
}

/** Before a machine joins: what another one of its name left in the cluster goes, so that it may join. */
export class FormerNode extends pulumi.dynamic.Resource {
  constructor(name: string, args: MemberArgs, opts: pulumi.CustomResourceOptions) {
    super(
      formerLoader,
      name,
      inputs(args),
      pulumi.mergeOptions(opts, secretOutputs),
      "cluster",
      "FormerNode",
    );
  }
}
