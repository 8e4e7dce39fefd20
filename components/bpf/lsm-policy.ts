import type { BpfMode, LsmConfig } from "@ebpf-platform/lib/config";
import { encodeLsmMaps } from "@ebpf-platform/lib/lsm-maps";
import * as pulumi from "@pulumi/pulumi";
import { BpfMap } from "./map";
import { BpfObject } from "./object";
import { BpfProgram, type ProgramMachine } from "./program";

export interface LsmPolicyArgs {
  readonly machine: ProgramMachine;
  readonly policy: LsmConfig;
  /** `audit` reports, `enforce` denies. A value in a map: changing it loads nothing. */
  readonly mode: BpfMode;
  /** Where the object is built. */
  readonly build: "once" | "node";
}

/** An enforcing policy that nobody confirms over a fresh connection in this time goes back to what was before. */
const CONFIRM_SECONDS = 60;

/** One LSM policy on one node: program, and rules as map contents. docs/lsm.md says what it can and cannot stop. */
export class LsmPolicy extends pulumi.ComponentResource {
  readonly program: BpfProgram;

  constructor(name: string, args: LsmPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:bpf:LsmPolicy", name, {}, opts);
    const { machine, policy, mode, build } = args;
    const source = `lsm_${policy.kind}`;
    const object = new BpfObject(`${name}-object`, { source, build }, { parent: this });
    this.program = new BpfProgram(
      `${name}-program`,
      {
        machine,
        object,
        askedBy: `bpf.lsm[${policy.name}]`,
        program: {
          name: policy.name,
          attach: { hook: "lsm" },
          constants: {},
          maps: {},
          takeover: false,
          healthSeconds: 5,
        },
      },
      { parent: this },
    );
    new BpfMap(
      `${name}-rules`,
      {
        program: this.program,
        contents: [...encodeLsmMaps(policy, mode)].map(([map, bytes]) => ({ map, bytes })),
        ...(mode === "enforce" && { confirmSeconds: CONFIRM_SECONDS }),
      },
      { parent: this },
    );
    this.registerOutputs({ program: this.program.program });
  }
}
