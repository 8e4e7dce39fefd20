import type { EngineLog } from "../provider/engine-log";

// bufio.MaxScanTokenSize of Go: the official provider's reader of log lines stops at a longer line.
const LONGEST_LINE = 64 * 1024;

/** A logged line that the official provider cannot take: there, the command never ends. */
export class LineTooLong extends Error {
  constructor() {
    super(
      `output that goes on after ${String(LONGEST_LINE)} bytes without a newline while logging is on: the official provider hangs on it for ever; ` +
        `set logging to "none" or write shorter lines`,
    );
  }
}

/** Sends the output of a command to the engine's log line by line while it runs, as status lines. */
export class LineLog {
  private rest = Buffer.alloc(0);
  private sent: Promise<void> = Promise.resolve();

  constructor(private readonly log: EngineLog) {}

  /** @throws LineTooLong where the official provider would hang: more comes after a buffer without a newline. */
  write(chunk: Buffer): void {
    let data = Buffer.concat([this.rest, chunk]);
    for (;;) {
      const end = data.indexOf(0x0a);
      if (data.length > LONGEST_LINE && (end === -1 || end >= LONGEST_LINE)) throw new LineTooLong();
      if (end === -1) break;
      this.send(data.subarray(0, end));
      data = data.subarray(end + 1);
    }
    this.rest = data;
  }

  /** Sends what came after the last newline and waits until the engine has everything. */
  async end(): Promise<void> {
    if (this.rest.length > 0) this.send(this.rest);
    this.rest = Buffer.alloc(0);
    await this.sent;
  }

  private send(line: Buffer): void {
    const text = line.toString("utf8").replace(/\r$/, "");
    this.sent = this.sent.then(() => this.log.status("info", text));
  }
}

export function logsStdout(logging: string | undefined): boolean {
  return logging === undefined || logging === "stdout" || logging === "stdoutAndStderr";
}

export function logsStderr(logging: string | undefined): boolean {
  return logging === undefined || logging === "stderr" || logging === "stdoutAndStderr";
}
