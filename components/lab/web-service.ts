import * as pulumi from "@pulumi/pulumi";
import type { Machine } from "../node/machine";
import { NodeCommand } from "../node/node-command";

/** The lab's HTTP service on port 80 of a backend: answers with the backend's name and the client's address. */
export class WebService extends pulumi.ComponentResource {
  constructor(name: string, { machine }: { machine: Machine }, opts?: pulumi.ComponentResourceOptions) {
    super("ebpf-platform:lab:WebService", name, {}, opts);
    new NodeCommand(
      name,
      {
        machine,
        script: "components/lab/scripts/web.sh",
        args: { NAME: machine.name },
        kind: "declarative",
        timeoutSeconds: 60,
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
