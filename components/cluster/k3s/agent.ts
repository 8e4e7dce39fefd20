import { agentConfig, type AgentSettings } from "@ebpf-platform/lib/k3s";
import * as pulumi from "@pulumi/pulumi";
import type { CommandTarget } from "../../node/node-command";
import { install, type K3sBinary } from "./install";
import { commonFiles } from "./node-files";

export interface K3sAgentArgs {
  readonly machine: CommandTarget;
  readonly settings: Omit<AgentSettings, "server">;
  /** `https://host:6443`. */
  readonly server: pulumi.Input<string>;
  readonly binary: K3sBinary;
  /** The secure form of the agents' token. */
  readonly token: pulumi.Input<string>;
  readonly registries: pulumi.Input<string> | undefined;
  readonly environment: string;
}

/** One k3s agent. The policy pack judges its inputs. */
export class K3sAgent extends pulumi.ComponentResource {
  /** What others depend on. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: K3sAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const { settings, binary, token, registries, environment } = args;
    const { server } = args;
    const config = { ...agentConfig({ ...settings, server: "" }), server };
    const { kubelet } = settings;
    const files = commonFiles({ config, kubelet, token, registries, environment, service: "k3s-agent" });
    super(
      "ebpf-platform:cluster:K3sAgent",
      name,
      { config, binary: { version: binary.version, sha256: binary.sha256 }, files },
      opts,
    );
    const step = install(
      `${name}-install`,
      { machine: args.machine, role: "agent", binary, files, server },
      { parent: this },
    );
    this.ready = step.resource;
    this.registerOutputs({});
  }
}
