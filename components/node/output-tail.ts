/** Keeps the end of a stream within a limit, so that no command can fill this process's memory. */
export class OutputTail {
  private readonly chunks: Buffer[] = [];
  private held = 0;
  private dropped = 0;

  constructor(private readonly maxBytes: number) {}

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.held += chunk.length;
    for (let first = this.chunks[0]; first && this.held > this.maxBytes; first = this.chunks[0]) {
      const excess = Math.min(this.held - this.maxBytes, first.length);
      if (excess === first.length) this.chunks.shift();
      else this.chunks[0] = first.subarray(excess);
      this.held -= excess;
      this.dropped += excess;
    }
  }

  /** Bytes that came before what is kept. */
  get droppedBytes(): number {
    return this.dropped;
  }

  /** The kept bytes as text; invalid UTF-8, also a character cut at the front, reads as U+FFFD. */
  toString(): string {
    return Buffer.concat(this.chunks).toString("utf8");
  }
}
