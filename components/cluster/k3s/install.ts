import type { Architecture } from "@ebpf-platform/lib/release";
import type * as pulumi from "@pulumi/pulumi";
import { NodeCommand, type CommandTarget } from "../../node/node-command";
import { fileLines, type NodeFiles } from "./node-files";

/** The k3s binary that nodes run, and where it comes from. */
export interface K3sBinary {
  readonly version: string;
  readonly sha256: string;
  readonly architecture: Architecture;
  /** Where nodes fetch it; empty: it must be on the node. */
  readonly url: string;
  /** Where it is staged on nodes that are given it from here; see `stagedBinary`. */
  readonly staged: string;
}

export interface InstallArgs {
  readonly machine: CommandTarget;
  readonly role: "server" | "agent";
  readonly binary: K3sBinary;
  readonly files: NodeFiles;
  /** `https://host:6443` of a server that is there; empty for the first. */
  readonly server: pulumi.Input<string>;
}

/** A server that starts, or joins and takes over the datastore, on a slow disk. */
const READY_SECONDS = 600;

/** Runs k3s-install.sh on a node: again in place when anything in it changes, taken back when it is deleted. */
export function install(
  name: string,
  { machine, role, binary, files, server }: InstallArgs,
  opts: pulumi.ComponentResourceOptions,
): NodeCommand {
  return new NodeCommand(
    name,
    {
      machine,
      script: "components/cluster/scripts/k3s-install.sh",
      kind: { undo: "components/cluster/scripts/k3s-uninstall.sh", inPlace: true },
      args: {
        ROLE: role,
        ARCH: binary.architecture,
        SHA256: binary.sha256,
        URL: binary.url,
        STAGED: binary.staged,
        SERVER: server,
        LIMIT: String(READY_SECONDS),
      },
      secrets: { FILES: fileLines(files) },
      // Fetching the binary comes first, going back may come last.
      timeoutSeconds: 3 * READY_SECONDS,
    },
    opts,
  );
}
