import * as pulumi from "@pulumi/pulumi";
import { Readiness, type ReadinessArgs } from "./readiness";

/** Stands before everything that needs a pod network; the policy pack looks for its type. */
export class CniGate extends pulumi.ComponentResource {
  constructor(name: string, args: ReadinessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:cluster:CniGate", name, {}, opts);
    new Readiness(name, args, { parent: this });
    this.registerOutputs({});
  }
}
