import type { ReadinessCheck } from "@ebpf-platform/lib/readiness";
import * as pulumi from "@pulumi/pulumi";
import type { ReadinessInputs, readinessProvider } from "./provider/readiness-provider";

export interface ReadinessArgs {
  /** Secret. */
  readonly kubeconfig: pulumi.Input<string>;
  /** At least one. */
  readonly checks: readonly ReadinessCheck[];
  /** Default 600. */
  readonly timeoutSeconds?: number;
  /** Another value makes an update wait again: the version and values of what is waited for. */
  readonly after: string;
}

type Implementation = typeof readinessProvider;

/** Loads its implementation inside the engine's provider process, as `lazyProvider` of the BPF resources does. */
const provider = (() => {
  const load = () => {
    const folder = process.cwd().endsWith("/bin") ? process.cwd() : `${process.cwd()}/bin`;
    const require = process.getBuiltinModule("node:module").createRequire(`${folder}/index.js`);
    return (
      require("./components/cluster/provider/readiness-provider") as { readinessProvider: Implementation }
    ).readinessProvider;
  };
  return {
    diff: (id: string, olds: ReadinessInputs, news: ReadinessInputs) => load().diff(id, olds, news),
    create: (inputs: ReadinessInputs) => load().create(inputs),
    update: (id: string, olds: ReadinessInputs, news: ReadinessInputs) => load().update(id, olds, news),
  };
})();

/** Waits, in an update, until objects of the cluster are ready; a preview asks nobody. What depends on it comes after. */
export class Readiness extends pulumi.dynamic.Resource {
  constructor(name: string, args: ReadinessArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { kubeconfig, checks, timeoutSeconds = 600, after } = args;
    super(
      provider,
      name,
      { kubeconfig: pulumi.secret(kubeconfig), checks, timeoutSeconds, after },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] }),
      "cluster",
      "Readiness",
    );
  }
}
