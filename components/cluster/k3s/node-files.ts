import {
  AGENT_TOKEN_FILE,
  CONFIG_FILE,
  KUBELET_FILE,
  kubeletFile,
  REGISTRIES_FILE,
  renderConfig,
  SYSCTL_FILE,
  sysctlFile,
  TOKEN_FILE,
  type K3sSettings,
  type KubeletSettings,
} from "@ebpf-platform/lib/k3s";
import * as pulumi from "@pulumi/pulumi";

/** A file of a node. */
export interface NodeFile {
  /** Four octal digits, for instance "0600". */
  readonly mode: string;
  readonly content: pulumi.Input<string>;
  /** Written only before k3s starts for the first time. Default false. */
  readonly once?: true;
}

/** Files by their path on the node. */
export type NodeFiles = Readonly<Record<string, NodeFile>>;

export interface CommonFiles {
  readonly config: pulumi.Input<Readonly<Record<string, pulumi.Input<K3sSettings[string]>>>>;
  readonly kubelet: KubeletSettings;
  readonly token: pulumi.Input<string>;
  /** Only of servers. */
  readonly agentToken?: pulumi.Input<string>;
  /** Content of registries.yaml; undefined where there is none. */
  readonly registries: pulumi.Input<string> | undefined;
  /** Environment of the service; empty where there is none. */
  readonly environment: string;
  readonly service: "k3s" | "k3s-agent";
}

/** The files that servers and agents have in common. */
export function commonFiles(files: CommonFiles): NodeFiles {
  const { config, kubelet, token, agentToken, registries, environment, service } = files;
  return {
    [CONFIG_FILE]: {
      mode: "0600",
      content: pulumi.output(config).apply((plain) => renderConfig(plain as K3sSettings)),
    },
    [KUBELET_FILE]: { mode: "0600", content: kubeletFile(kubelet) },
    [TOKEN_FILE]: { mode: "0600", content: line(token) },
    ...(agentToken === undefined ? {} : { [AGENT_TOKEN_FILE]: { mode: "0600", content: line(agentToken) } }),
    [SYSCTL_FILE]: { mode: "0644", content: sysctlFile() },
    ...(registries === undefined ? {} : { [REGISTRIES_FILE]: { mode: "0600", content: registries } }),
    [`/etc/systemd/system/${service}.service.env`]: { mode: "0600", content: environment },
  };
}

function line(text: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.secret(text).apply((token) => `${token}\n`);
}

/** The files as k3s-install.sh reads them: mode, path, content in base64; sorted, so that the same files are the same text. */
export function fileLines(files: NodeFiles): pulumi.Output<string> {
  const lines = Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, { mode, content, once }]) =>
      pulumi
        .output(content)
        .apply(
          (text) => `${once ? "once:" : ""}${mode} ${path} ${Buffer.from(text).toString("base64") || "Cg=="}`,
        ),
    );
  return pulumi.secret(pulumi.all(lines)).apply((all) => `${all.join("\n")}\n`);
}
