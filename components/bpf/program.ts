import type { ManifestAttach } from "@ebpf-platform/lib/bpf-manifest";
import type { BpfProgramConfig } from "@ebpf-platform/lib/config";
import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../node/machine";
import { BuildError } from "./build-script";
import { lazyProvider } from "./lazy-provider";
import { buildLoader } from "./loader-build";
import type { BpfObject } from "./object";
import { ATTACHED, SCHEMA_VERSION } from "./provider/inputs";
import type { Observation } from "./provider/observation";

/** What a program needs of its machine. */
export type ProgramMachine = Pick<Machine, "name" | "connection" | "instance" | "lifetime" | "ready">;

export interface BpfProgramArgs {
  readonly machine: ProgramMachine;
  readonly object: BpfObject;
  /** As in the config; `source` and `node` are those of object and machine. */
  readonly program: Omit<BpfProgramConfig, "source" | "node" | "attach"> & {
    readonly attach: ManifestAttach;
  };
  /** Config key that asks for the program, for messages. Default `bpf.programs[<name>]`. */
  readonly askedBy?: string;
  /** Pinned maps stay on the node when the program is deleted. Default false. */
  readonly keepMaps?: boolean;
}

const provider = lazyProvider("programProvider");

/**
 * One BPF object attached at one place of one node. Its life on the node (files, pins, swap, boot) is in
 * docs/bpf-lifecycle.md. A refresh reads what is attached; drift stands in `status`.
 */
export class BpfProgram extends pulumi.dynamic.Resource {
  /** `attached`, or one sentence of what deviates. */
  declare readonly status: pulumi.Output<string>;
  /** Twelve hex digits of object, attach point and constants. */
  declare readonly version: pulumi.Output<string>;
  /** SHA-256 of the object on the node. */
  declare readonly attachedSha256: pulumi.Output<string>;
  /** Everything the loader found: link, program, mode, instructions, maps, pins. */
  declare readonly observed: pulumi.Output<Observation>;
  declare readonly loaderSha256: pulumi.Output<string>;
  /** The program's name on its node. */
  readonly program: string;
  readonly machine: ProgramMachine;

  constructor(name: string, args: BpfProgramArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { machine, object, program } = args;
    const inputs = {
      schemaVersion: SCHEMA_VERSION,
      node: machine.name,
      instance: machine.instance,
      program: program.name,
      status: ATTACHED,
      connection: pulumi.secret(machine.connection),
      loaderSha256: loaderSha256(),
      source: object.source,
      build: object.build,
      ...(object.sha256 === undefined ? { sources: object.sources } : { objectSha256: object.sha256 }),
      function: program.function ?? object.source,
      attach: program.attach,
      constants: program.constants,
      maps: program.maps,
      takeover: program.takeover,
      askedBy: args.askedBy ?? `bpf.programs[${program.name}]`,
      healthSeconds: program.healthSeconds,
      keepMaps: args.keepMaps ?? false,
    };
    super(
      provider,
      name,
      { ...inputs, version: undefined, attachedSha256: undefined, observed: undefined },
      pulumi.mergeOptions(opts, {
        ...machine.lifetime,
        dependsOn: [machine.ready],
        additionalSecretOutputs: ["connection"],
      }),
      "bpf",
      "Program",
    );
    this.program = program.name;
    this.machine = machine;
  }
}

/** SHA-256 of the loader that goes to nodes; built at most once a run. */
export function loaderSha256(): string {
  try {
    return (loader ??= buildLoader()).sha256;
  } catch (error) {
    throw error instanceof BuildError ? new pulumi.RunError(error.message) : error;
  }
}

let loader: ReturnType<typeof buildLoader> | undefined;
