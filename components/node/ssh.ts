import type { NodeConnection } from "./connection";
import { dialNode, type Dialled } from "./dial";
import { NodeError } from "./node-error";
import { OutputTail } from "./output-tail";
import { shellQuote } from "./shell-quote";
import { createHash } from "node:crypto";

export { NodeError, type NodeErrorKind } from "./node-error";

/** What a command left. Both texts hold the end of their stream, at most `maxBytes`. */
export interface ExecResult {
  /** Exit status; undefined when a signal ended the command. */
  readonly code: number | undefined;
  /** Name without `SIG`; undefined when the command exited. */
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly stdin?: string | Buffer;
  /** Milliseconds until this side gives up; what runs on the node has to be bounded there. */
  readonly timeoutMs: number;
  /** Bytes kept of each stream. Default 65,536. */
  readonly maxBytes?: number;
}

export interface OpenOptions {
  /** Name of the node, for messages. */
  readonly node: string;
  /** Milliseconds from now until an unreachable node is an error. */
  readonly deadlineMs: number;
}

/**
 * Opens a session. Refused connections and timeouts are repeated until the deadline; a host key that is not the pinned
 * one, or a refused client key, ends it at the first dial. Throws `NodeError`.
 */
export async function openSession(connection: NodeConnection, options: OpenOptions): Promise<NodeSession> {
  return new NodeSession(options.node, await dialNode(connection, options.node, options.deadlineMs));
}

/** An open SSH connection to one node. A cut link is noticed within seconds and fails what runs over it. */
export class NodeSession {
  constructor(
    readonly node: string,
    private readonly dialled: Dialled,
  ) {}

  /** Runs a command line in the login shell of the node. Any exit status is a result; throws `timeout`, `cut` or `remote`. */
  exec(command: string, options: ExecOptions): Promise<ExecResult> {
    const maxBytes = options.maxBytes ?? 65_536;
    const stdout = new OutputTail(maxBytes);
    const stderr = new OutputTail(maxBytes);
    return new Promise((resolve, reject) => {
      const stopWatching = this.dialled.onLost((reason) => {
        settle(() => reject(this.cut(reason)));
      });
      let close = (): void => undefined;
      const timer = setTimeout(() => {
        const seconds = Math.round(options.timeoutMs / 1000);
        const message = `A command on node ${this.node} did not end within ${seconds} s; look what it waits for, then repeat.`;
        settle(() => reject(new NodeError("timeout", this.node, message)));
        close();
      }, options.timeoutMs);
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        stopWatching();
        finish();
      };
      if (this.dialled.lost !== undefined) {
        settle(() => reject(this.cut(this.dialled.lost ?? "")));
        return;
      }
      this.dialled.client.exec(command, (error, channel) => {
        if (error) {
          const message = `Node ${this.node} opened no session for a command (${error.message}); look at the log of its sshd, then repeat.`;
          settle(() => reject(new NodeError("remote", this.node, message, { cause: error })));
          return;
        }
        let code: number | undefined;
        let signal: string | undefined;
        let exited = false;
        close = () => channel.close();
        channel.on("data", (chunk: Buffer) => stdout.push(chunk));
        channel.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
        channel.on("exit", (status: number | null, name?: string) => {
          exited = true;
          code = status ?? undefined;
          signal = name?.replace(/^SIG/, "");
        });
        channel.on("close", () => {
          if (!exited) settle(() => reject(this.cut("the command ended without a status")));
          else settle(() => resolve({ code, signal, stdout: stdout.toString(), stderr: stderr.toString() }));
        });
        // The command may end without reading its input; its status then tells what happened.
        channel.on("error", () => channel.close());
        channel.end(options.stdin ?? "");
      });
    });
  }

  /**
   * Puts a file on the node, whole or not at all: written beside, compared by hash, synced, renamed.
   * @param mode as chmod(1) takes it, for instance "600".
   */
  async put(content: string | Buffer, path: string, mode: string): Promise<void> {
    const hash = createHash("sha256").update(content).digest("hex");
    const target = shellQuote(path);
    // A cut connection looks like the end of the input: without the comparison half a file would be renamed.
    const command = `set -eu; umask 077; t=$(mktemp ${target}.XXXXXX); trap 'rm -f "$t"' EXIT; cat >"$t"; printf '%s  %s\\n' ${hash} "$t" | sha256sum --status -c; chmod ${shellQuote(mode)} "$t"; sync "$t"; mv -fT "$t" ${target}`;
    const result = await this.exec(command, { stdin: content, timeoutMs: 60_000 });
    if (result.code === 0) return;
    const reason = lastLine(result.stderr) || "the bytes that arrived are not those that were sent";
    throw new NodeError(
      "remote",
      this.node,
      `Node ${this.node} could not write ${path}: ${reason}; make room or mend the folder, then repeat.`,
    );
  }

  /** Ends the connection, and those to the jump hosts under it. */
  close(): void {
    this.dialled.close();
  }

  private cut(reason: string): NodeError {
    const message = `The connection to node ${this.node} was lost while a command ran (${reason}); repeat: a step that still runs there is met again.`;
    return new NodeError("cut", this.node, message);
  }
}

/** The last line of a text that says something. */
export function lastLine(text: string): string {
  return (
    text
      .split(/[\r\n]+/)
      .filter((line) => line.trim() !== "")
      .at(-1)
      ?.trim() ?? ""
  );
}
