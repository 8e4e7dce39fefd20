import {
  ADMISSION_FILE,
  admissionConfig,
  AUDIT_FILE,
  auditPolicy,
  serverConfig,
  type KubeletSettings,
  type ServerSettings,
} from "@ebpf-platform/lib/k3s";
import * as pulumi from "@pulumi/pulumi";
import type { CommandTarget } from "../../node/node-command";
import { install, type K3sBinary } from "./install";
import { commonFiles, type NodeFiles } from "./node-files";

export interface K3sServerArgs {
  readonly machine: CommandTarget;
  readonly settings: ServerSettings;
  readonly binary: K3sBinary;
  /** The password form for the first server, the secure form for those that join it. */
  readonly token: pulumi.Input<string>;
  /** Another password, with which nobody becomes a server. */
  readonly agentToken: pulumi.Input<string>;
  readonly registries: pulumi.Input<string> | undefined;
  readonly environment: string;
  /** Namespaces in which Pod Security does not ask for `restricted`. */
  readonly exempt: readonly string[];
  /** Certificate authorities of one's own by their path; written before the first start only. */
  readonly authorities: NodeFiles;
}

/** One k3s server. The policy pack judges its inputs. */
export class K3sServer extends pulumi.ComponentResource {
  /** SHA-256 of the cluster's CA, 64 hex digits. */
  readonly caHash: pulumi.Output<string>;
  /** What others depend on. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: K3sServerArgs, opts?: pulumi.ComponentResourceOptions) {
    const { settings, binary, token, agentToken, registries, environment, exempt, authorities } = args;
    const config = serverConfig(settings);
    const kubelet: KubeletSettings = settings.kubelet;
    const files: NodeFiles = {
      ...commonFiles({ config, kubelet, token, agentToken, registries, environment, service: "k3s" }),
      [ADMISSION_FILE]: { mode: "0600", content: admissionConfig(exempt) },
      [AUDIT_FILE]: { mode: "0600", content: auditPolicy() },
      ...authorities,
    };
    super(
      "ebpf-platform:cluster:K3sServer",
      name,
      { config, binary: { version: binary.version, sha256: binary.sha256 }, files },
      opts,
    );
    const server = settings.join ?? "";
    const step = install(
      `${name}-install`,
      { machine: args.machine, role: "server", binary, files, server },
      { parent: this },
    );
    // A hash of a public certificate.
    this.caHash = pulumi.unsecret(step.output.apply(({ caHash }) => String(caHash)));
    this.ready = step.resource;
    this.registerOutputs({ caHash: this.caHash });
  }
}
