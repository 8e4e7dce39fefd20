import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeConnection } from "../../node/connection";
import { shellQuote } from "../../node/shell-quote";
import { lastLine, NodeError, openSession, type ExecResult, type NodeSession } from "../../node/ssh";
import { projectRoot } from "../../project-root";
import { sha256Of } from "../build-cache";

/** Where the loader and the programs' files are on a node (see docs/bpf-lifecycle.md). */
export const LOADER_PATH = "/usr/local/lib/ebpf-platform/ebpf-loader";
export const PROGRAMS_DIR = "/var/lib/ebpf-platform/bpf";
export const PINS_DIR = "/sys/fs/bpf/ebpf-platform";
const UNIT = "ebpf-platform-bpf.service";
const UNIT_PATH = `/etc/systemd/system/${UNIT}`;

/** How long an unreachable node may take before it is an error; a booting machine is waited for by its own resource. */
const CONNECT_MS = 30_000;
/** What the loader may take: its own wait for the node's lock (60 s) and the load of a large program. */
const VERB_SECONDS = 120;
/** An observation of a map of 65,536 entries is far below this. */
const MAX_ANSWER_BYTES = 8 << 20;

/** The loader of one node, over one SSH session. */
export class NodeLoader {
  private constructor(
    readonly node: string,
    private readonly session: NodeSession,
  ) {}

  /** Opens a session, runs the work, closes it. Throws `NodeError` when the node cannot be reached. */
  static async use<T>(
    node: string,
    connection: NodeConnection,
    work: (loader: NodeLoader) => Promise<T>,
  ): Promise<T> {
    const session = await openSession(connection, { node, deadlineMs: CONNECT_MS });
    try {
      return await work(new NodeLoader(node, session));
    } finally {
      session.close();
    }
  }

  /** Runs a verb and returns what it printed; undefined when no loader is on the node. */
  async verb(...words: string[]): Promise<string | undefined> {
    const command = ["timeout", "-k", "5", String(VERB_SECONDS), LOADER_PATH, ...words]
      .map(shellQuote)
      .join(" ");
    const result = await this.session.exec(command, {
      timeoutMs: (VERB_SECONDS + 10) * 1000,
      maxBytes: MAX_ANSWER_BYTES,
    });
    // timeout(1) answers 127 when it finds no program, 126 when it cannot run it.
    if (result.code === 127) return undefined;
    if (result.code === 124 || result.code === 137) {
      throw new NodeError(
        "timeout",
        this.node,
        `'ebpf-loader ${words.join(" ")}' on node ${this.node} did not end within ${String(VERB_SECONDS)} s; look for another loader there with 'ps -C ebpf-loader', then repeat.`,
      );
    }
    if (result.stdout === "") this.refuse(`run 'ebpf-loader ${words.join(" ")}'`, result);
    return result.stdout;
  }

  /** The same for verbs that make no sense without a loader. */
  async mustVerb(...words: string[]): Promise<string> {
    const answer = await this.verb(...words);
    if (answer !== undefined) return answer;
    throw new NodeError(
      "remote",
      this.node,
      `Node ${this.node} has no ${LOADER_PATH}; it was removed while this ran: run it again, which installs it.`,
    );
  }

  /** Puts the loader and its boot unit on the node where their bytes differ. */
  async ensureInstalled(loaderSha256: string, loaderBytes: () => Buffer): Promise<void> {
    const unit = readFileSync(script(UNIT));
    const found = await this.script("installed.sh", LOADER_PATH, UNIT_PATH, PROGRAMS_DIR);
    const has = (sha256: string, path: string): boolean => found.includes(`${sha256}  ${path}`);
    if (!has(loaderSha256, LOADER_PATH)) await this.session.put(loaderBytes(), LOADER_PATH, "755");
    if (!has(sha256Of(unit), UNIT_PATH)) await this.session.put(unit, UNIT_PATH, "644");
    if (!has(sha256Of(unit), UNIT_PATH) || !found.includes("boot unit: enabled")) {
      await this.script("enable-boot.sh", UNIT);
    }
  }

  /** Removes the loader and its boot unit when no program is left on the node. */
  async uninstall(): Promise<void> {
    await this.script("uninstall.sh", LOADER_PATH, UNIT_PATH, PROGRAMS_DIR);
  }

  /** Runs a script of components/bpf/scripts on the node and returns its output. */
  async script(name: string, ...args: string[]): Promise<string> {
    const command = `bash -s -- ${args.map(shellQuote).join(" ")}`;
    const result = await this.session.exec(command, { stdin: readFileSync(script(name)), timeoutMs: 60_000 });
    if (result.code !== 0) this.refuse(`run components/bpf/scripts/${name}`, result);
    return result.stdout;
  }

  async put(content: Buffer | string, path: string, mode: string): Promise<void> {
    await this.session.put(content, path, mode);
  }

  private refuse(what: string, result: ExecResult): never {
    const reason =
      lastLine(result.stderr) ||
      lastLine(result.stdout) ||
      `exit status ${String(result.code ?? result.signal)}`;
    throw new NodeError(
      "remote",
      this.node,
      `Node ${this.node} could not ${what}: ${reason}; mend that on the node, then repeat.`,
    );
  }
}

function script(name: string): string {
  return join(projectRoot(), "components", "bpf", "scripts", name);
}
