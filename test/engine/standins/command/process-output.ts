import type { EngineLog } from "../provider/engine-log";
import { LineLog, logsStderr, logsStdout } from "./line-log";

/** Both streams of one command: kept whole, interleaved for the error text, and logged as far as asked for. */
export class ProcessOutput {
  private readonly stdoutChunks: Buffer[] = [];
  private readonly stderrChunks: Buffer[] = [];
  private readonly allChunks: Buffer[] = [];
  private readonly lines: LineLog;

  constructor(
    private readonly logging: string | undefined,
    log: EngineLog,
  ) {
    this.lines = new LineLog(log);
  }

  stdout(chunk: Buffer): void {
    this.stdoutChunks.push(chunk);
    this.allChunks.push(chunk);
    if (logsStdout(this.logging)) this.lines.write(chunk);
  }

  stderr(chunk: Buffer): void {
    this.stderrChunks.push(chunk);
    this.allChunks.push(chunk);
    if (logsStderr(this.logging)) this.lines.write(chunk);
  }

  /** Waits until the engine has all log lines. */
  async logged(): Promise<void> {
    await this.lines.end();
  }

  /** The outputs of the resource: one trailing newline is cut from each stream. */
  streams(): { stdout: string; stderr: string } {
    return { stdout: trimmed(this.stdoutChunks), stderr: trimmed(this.stderrChunks) };
  }

  interleaved(): string {
    return Buffer.concat(this.allChunks).toString("utf8");
  }
}

function trimmed(chunks: Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8").replace(/\n$/, "");
}
