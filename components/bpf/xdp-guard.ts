import type { GuardConfig } from "@ebpf-platform/lib/config";
import { encodeGuardMaps } from "@ebpf-platform/lib/guard-maps";
import * as pulumi from "@pulumi/pulumi";
import { BpfMap } from "./map";
import { BpfObject } from "./object";
import { BpfProgram, type ProgramMachine } from "./program";

export interface XdpGuardArgs {
  readonly machine: ProgramMachine;
  readonly guard: GuardConfig;
  /** Drop what matches; otherwise count it. A value in a map: changing it loads nothing. */
  readonly enforce: boolean;
  /** Where the object is built. */
  readonly build: "once" | "node";
}

/** xdp_guard in a slot of one interface's chain, with its rules as map contents. docs/bpf.md says what it sees. */
export class XdpGuard extends pulumi.ComponentResource {
  readonly program: BpfProgram;

  constructor(name: string, args: XdpGuardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:bpf:XdpGuard", name, {}, opts);
    const { machine, guard, enforce, build } = args;
    const contents = [...encodeGuardMaps(guard, enforce)].map(([map, bytes]) => ({ map, bytes }));
    const object = new BpfObject(`${name}-object`, { source: "xdp_guard", build }, { parent: this });
    this.program = new BpfProgram(
      `${name}-program`,
      {
        machine,
        object,
        askedBy: `bpf.guards[${guard.name}]`,
        program: {
          name: guard.name,
          attach: { hook: "xdp", ...guard.attach },
          constants: {},
          maps: {},
          takeover: false,
          healthSeconds: 5,
        },
      },
      { parent: this },
    );
    new BpfMap(`${name}-rules`, { program: this.program, contents }, { parent: this });
    this.registerOutputs({ program: this.program.program });
  }
}
