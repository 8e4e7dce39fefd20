import * as pulumi from "@pulumi/pulumi";
import { storeCached } from "./build-cache";
import { lazyProvider } from "./lazy-provider";
import { loaderSha256, type BpfProgram } from "./program";
import { SCHEMA_VERSION } from "./provider/inputs";

export type MapContents = readonly { readonly map: string; readonly bytes: Uint8Array }[];

export interface BpfMapArgs {
  readonly program: BpfProgram;
  /**
   * Contents in the order they are written: what refers to other maps comes after them; what is no longer there is
   * removed in the reverse order. Each is the run of records that bpf/loader/mapio.h describes, made by `lib/`.
   */
  readonly contents: MapContents | pulumi.Output<MapContents>;
  /**
   * The node takes what was written back unless a fresh connection confirms it within so many seconds. Default: it
   * counts at once.
   */
  readonly confirmSeconds?: number;
}

const provider = lazyProvider("mapProvider");

/** Contents of maps of one program, owned as a whole: entries that somebody else writes show as drift and go. */
export class BpfMap extends pulumi.dynamic.Resource {
  /** `as written`, or one sentence of what deviates. */
  declare readonly status: pulumi.Output<string>;
  /** Digest of each map as the loader read it back. */
  declare readonly digests: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: BpfMapArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { machine } = args.program;
    super(
      provider,
      name,
      {
        schemaVersion: SCHEMA_VERSION,
        node: machine.name,
        instance: machine.instance,
        program: args.program.program,
        status: "as written",
        connection: pulumi.secret(machine.connection),
        loaderSha256: loaderSha256(),
        contents: pulumi.Output.isInstance(args.contents)
          ? args.contents.apply(stored)
          : stored(args.contents),
        ...(args.confirmSeconds !== undefined && { confirmSeconds: args.confirmSeconds }),
        digests: undefined,
      },
      pulumi.mergeOptions(opts, {
        ...machine.lifetime,
        dependsOn: [args.program],
        additionalSecretOutputs: ["connection"],
      }),
      "bpf",
      "Map",
    );
  }
}

/** The contents by hash: their bytes never go into state. */
function stored(contents: MapContents): { map: string; sha256: string }[] {
  return contents.map(({ map, bytes }) => ({ map, sha256: storeCached(Buffer.from(bytes)) }));
}
