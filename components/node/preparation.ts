import { PREPARED, type PreparationPlan } from "@ebpf-platform/lib/node-preparation";
import * as pulumi from "@pulumi/pulumi";
import type { NodeConnection } from "./connection";
import type { preparationProvider } from "./provider/preparation-provider";

export interface NodePreparationArgs {
  readonly node: string;
  readonly connection: pulumi.Output<NodeConnection>;
  /** Another value for another machine under the same name. */
  readonly instance: pulumi.Output<string>;
  readonly plan: PreparationPlan;
}

type Provider = typeof preparationProvider;
type Inputs = Parameters<Provider["create"]>[0];
type Outputs = Parameters<Provider["read"]>[1];

/** Loads its implementation inside the engine's provider process, as `lazyProvider` of the BPF resources does. */
const provider = (() => {
  const load = () => {
    const folder = process.cwd().endsWith("/bin") ? process.cwd() : `${process.cwd()}/bin`;
    const require = process.getBuiltinModule("node:module").createRequire(`${folder}/index.js`);
    return (require("./components/node/provider/preparation-provider") as { preparationProvider: Provider })
      .preparationProvider;
  };
  return {
    diff: (id: string, olds: Outputs, news: Inputs) => load().diff(id, olds, news),
    create: (inputs: Inputs) => load().create(inputs),
    read: (id: string, props: Outputs) => load().read(id, props),
    update: (id: string, olds: Outputs, news: Inputs) => load().update(id, olds, news),
    delete: (id: string, props: Outputs) => load().delete(id, props),
  };
})();

/**
 * A node made ready for BPF and Kubernetes: packages, sysctls, mounts, modules, boot line (docs/node-preparation.md).
 * A refresh reads the node; drift stands in `status`, and the next update mends it.
 */
export class NodePreparation extends pulumi.dynamic.Resource {
  /** `prepared`, or one sentence of what deviates. */
  declare readonly status: pulumi.Output<string>;
  /** What no update can mend and nothing of the config stands on, one sentence each. */
  declare readonly report: pulumi.Output<readonly string[]>;

  constructor(name: string, args: NodePreparationArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { node, instance, plan } = args;
    super(
      provider,
      name,
      {
        node,
        instance,
        connection: pulumi.secret(args.connection),
        plan,
        status: PREPARED,
        report: undefined,
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["connection"] }),
      "node",
      "Preparation",
    );
  }
}
