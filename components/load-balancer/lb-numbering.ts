import type { LbNumbers } from "@ebpf-platform/lib/lb-numbers";
import * as pulumi from "@pulumi/pulumi";
import { lazyProvider } from "../bpf/lazy-provider";
import { SCHEMA_VERSION } from "../bpf/provider/inputs";

export interface LbNumberingArgs {
  /** Identities of the VIPs, unique. */
  readonly vips: readonly string[];
  /** Identities of the backends, unique over all VIPs. */
  readonly backends: readonly string[];
}

const provider = lazyProvider("numbersProvider");

/**
 * Under which numbers the data plane knows VIPs and backends. Established flows hold these numbers, so whoever stays in
 * the config keeps them, wherever in the config it stands; a preview of new ones does not know them yet.
 */
export class LbNumbering extends pulumi.dynamic.Resource {
  /** `LbNumbers` as JSON. */
  declare private readonly numbers: pulumi.Output<string>;

  constructor(name: string, { vips, backends }: LbNumberingArgs, opts: pulumi.CustomResourceOptions = {}) {
    const inputs = { schemaVersion: SCHEMA_VERSION, vips, backends, numbers: undefined };
    super(provider, name, inputs, opts, "load-balancer", "Numbering");
  }

  get assigned(): pulumi.Output<LbNumbers> {
    return this.numbers.apply((text) => JSON.parse(text) as LbNumbers);
  }
}
