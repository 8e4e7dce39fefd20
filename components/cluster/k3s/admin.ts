import * as pulumi from "@pulumi/pulumi";
import type { CommandTarget } from "../../node/node-command";
import { lazyClusterProvider } from "../lazy-provider";

export interface AdminArgs {
  readonly machine: CommandTarget;
  /** `https://host:port` as this machine reaches the API server. */
  readonly server: string;
  /** Name of cluster, user and context. */
  readonly name: string;
}

const loader = lazyClusterProvider("adminProvider");

/** The kubeconfig of a server, read over its pinned SSH connection at every refresh, so that renewed certificates are seen. */
export class AdminKubeconfig extends pulumi.dynamic.Resource {
  /** Secret. */
  declare readonly kubeconfig: pulumi.Output<string>;

  constructor(
    name: string,
    { machine, server, name: context }: AdminArgs,
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      loader,
      name,
      { node: machine.name, connection: machine.connection, server, name: context, kubeconfig: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig", "connection"] }),
      "cluster",
      "AdminKubeconfig",
    );
  }
}
