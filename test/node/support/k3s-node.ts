import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Context } from "mocha";
import {
  ADMISSION_FILE,
  admissionConfig,
  AGENT_TOKEN_FILE,
  agentConfig,
  AUDIT_FILE,
  auditPolicy,
  CONFIG_FILE,
  KUBELET_FILE,
  kubeletFile,
  renderConfig,
  secureToken,
  serverConfig,
  SYSCTL_FILE,
  sysctlFile,
  TOKEN_FILE,
  type K3sSettings,
} from "../../../lib/src/k3s";
import { scriptText } from "../../../components/node/script-text";
import { runStep, undoStep, type Step, type StepAnswer } from "../../../components/node/run-step";
import type { NodeSession } from "../../../components/node/ssh";
import { buildGoTool } from "../../support/go-tool";
import { missing } from "../../support/missing";
import { ask, bootMachine, type TestMachine } from "./machines";

/** A k3s binary in hand: the double, or the real one that K3S_BINARY names. */
export interface TestBinary {
  readonly bytes: Buffer;
  readonly sha256: string;
  readonly real: boolean;
}

/** Skips, by name of what is missing, where there is no binary to install. */
export function testBinary(context: Context): TestBinary {
  const real = process.env.K3S_BINARY;
  if (real !== undefined) return binaryOf(readFileSync(real), true);
  const built = buildGoTool("k3s-double");
  if ("missing" in built) missing(context, built.missing);
  return binaryOf(readFileSync(built.tool), false);
}

/** The double under another version. */
export function withVersion({ bytes, real }: TestBinary, version: string): TestBinary {
  if (real) throw new Error("The version of a real binary is its own.");
  return binaryOf(
    Buffer.concat([bytes, Buffer.from(`\n${" ".repeat(128)}k3s-double-version ${version}\n`)]),
    real,
  );
}

function binaryOf(bytes: Buffer, real: boolean): TestBinary {
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex"), real };
}

const STAGED = "/var/tmp/k3s";
const kubelet = { maxPids: 4096, shutdownSeconds: 60, criticalSeconds: 20 };

/** Tokens of one test cluster. */
export const SERVER_PASSWORD = "server-password-of-the-test";
export const AGENT_PASSWORD = "agent-password-of-the-test";

export interface NodeChanges {
  readonly settings?: K3sSettings;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly string[];
  readonly token?: string;
  readonly registries?: string;
  readonly environment?: string;
  /** Arguments of the step that differ. */
  readonly args?: Readonly<Record<string, string>>;
}

/** A node of a test cluster with its machine, its session, and the step that makes it one. */
export class K3sNode {
  private constructor(
    readonly machine: TestMachine,
    public session: NodeSession,
    readonly binary: TestBinary,
  ) {}

  static async boot(letter: string, name: string, octet: number, binary: TestBinary): Promise<K3sNode> {
    const machine = await bootMachine(letter, name, octet);
    const node = new K3sNode(machine, await machine.open(), binary);
    await node.stage(binary);
    return node;
  }

  /** Puts a binary where the step looks for one. */
  async stage(binary: TestBinary): Promise<void> {
    await this.session.put(binary.bytes, STAGED, "600");
  }

  get name(): string {
    return this.machine.spec.name;
  }

  get address(): string {
    return this.machine.spec.address;
  }

  get url(): string {
    return `https://${this.address}:6443`;
  }

  /** The step that makes this node a server; the first, or one that joins `join` with the secure `token`. */
  serverStep(changes: NodeChanges & { etcd?: boolean; join?: string } = {}, binary = this.binary): Step {
    const { settings = {}, labels = {}, taints = [], token = SERVER_PASSWORD, join } = changes;
    const datastore = (changes.etcd ?? join !== undefined) ? "etcd" : "sqlite";
    const config = serverConfig({
      ...{ name: this.name, address: this.address, kubelet, labels, taints, settings, datastore, join },
      tlsSans: [],
      podCidr: "10.42.0.0/16",
    });
    return this.step("server", config, binary, join ?? "", changes, {
      [TOKEN_FILE]: `${token}\n`,
      [AGENT_TOKEN_FILE]: `${AGENT_PASSWORD}\n`,
      [ADMISSION_FILE]: admissionConfig(["kube-system"]),
      [AUDIT_FILE]: auditPolicy(),
    });
  }

  /** The step that makes this node an agent of a server. */
  agentStep(server: { url: string }, caHash: string, changes: NodeChanges = {}, binary = this.binary): Step {
    const { settings = {}, labels = {}, taints = [] } = changes;
    const { name, address } = this;
    const config = agentConfig({ name, address, kubelet, labels, taints, settings, server: server.url });
    const token = changes.token ?? secureToken(caHash, "node", AGENT_PASSWORD);
    return this.step("agent", config, binary, server.url, changes, { [TOKEN_FILE]: `${token}\n` });
  }

  private step(
    role: "server" | "agent",
    config: K3sSettings,
    { sha256 }: TestBinary,
    server: string,
    { registries, environment = "", args = {} }: NodeChanges,
    more: Readonly<Record<string, string>>,
  ): Step {
    const service = role === "server" ? "k3s" : "k3s-agent";
    const files: Record<string, string> = {
      ...more,
      [CONFIG_FILE]: renderConfig(config),
      [KUBELET_FILE]: kubeletFile(kubelet),
      [SYSCTL_FILE]: sysctlFile(),
      [`/etc/systemd/system/${service}.service.env`]: environment,
      ...(registries === undefined ? {} : { "/etc/rancher/k3s/registries.yaml": registries }),
    };
    const lines = Object.entries(files).map(
      ([path, text]) =>
        `${path === SYSCTL_FILE ? "0644" : "0600"} ${path} ${Buffer.from(text).toString("base64")}`,
    );
    return {
      id: `t.${this.name}-k3s`,
      script: scriptText("components/cluster/scripts/k3s-install.sh"),
      undo: scriptText("components/cluster/scripts/k3s-uninstall.sh"),
      args: {
        ...{ ROLE: role, ARCH: process.arch === "arm64" ? "arm64" : "amd64", SHA256: sha256, URL: "" },
        ...{ STAGED, SERVER: server, LIMIT: this.binary.real ? "300" : "20", SPACE_MIB: "64" },
        ...args,
      },
      secrets: { FILES: `${lines.join("\n")}\n` },
      timeoutSeconds: 400,
      // The runner skips what it did already; here the step itself has to find that nothing is to be done.
      always: true,
    };
  }

  run(step: Step): Promise<StepAnswer> {
    return runStep(this.session, step);
  }

  undo(step: Step): Promise<StepAnswer> {
    return undoStep(this.session, step);
  }

  ask(command: string): Promise<string> {
    return ask(this.session, command);
  }

  kubectl(words: string): Promise<string> {
    return this.ask(`/usr/local/bin/k3s kubectl ${words}`);
  }

  /** Processes and files as a run that changes nothing leaves them. */
  unchanged(): Promise<string> {
    return this.ask(
      "systemctl show --property=MainPID,NRestarts,ActiveEnterTimestamp 'k3s*.service'; find /etc/rancher/k3s /etc/systemd/system/k3s* /usr/local/bin/k3s -type f -printf '%p %i %T@ %m\\n' | sort",
    );
  }

  async delete(): Promise<void> {
    this.session.close();
    await this.machine.delete();
  }
}
