import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import {
  journalLine,
  journalStart,
  readJournal,
  type ChainEnd,
  type ChainEntry,
  type RolloutEvent,
  type RolloutState,
} from "@ebpf-platform/lib/rollout";

/** The journal of one rollout on disk: every entry is synced before `append` returns. */
export class JournalFile {
  private constructor(
    readonly path: string,
    private end: ChainEnd,
    private present: RolloutState | undefined,
    readonly entries: ChainEntry<RolloutEvent>[],
  ) {}

  /**
   * Opens a journal, or begins an empty one. A last line that its writer did not finish was never acted upon and is cut
   * off. Throws for bytes that were changed.
   */
  static open(path: string, version: string): JournalFile {
    if (!existsSync(path)) {
      const { end } = journalStart(version);
      return new JournalFile(path, end, undefined, []);
    }
    const text = readFileSync(path, "utf8");
    const { chain, state } = readJournal(text, version, path);
    if (chain.length < Buffer.byteLength(text)) cut(path, chain.length);
    return new JournalFile(path, chain.end, state, [...chain.entries]);
  }

  /** Undefined before the first entry. */
  get state(): RolloutState | undefined {
    return this.present;
  }

  /** Writes an entry and returns the state after it. Throws for one that cannot follow; nothing is written then. */
  append(event: RolloutEvent, at: Date): RolloutState {
    const { line, end, state } = journalLine({ end: this.end, state: this.present }, event, at);
    mkdirSync(dirname(this.path), { recursive: true });
    const fresh = !existsSync(this.path);
    const file = openSync(this.path, "a", 0o644);
    try {
      writeSync(file, line);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (fresh) syncFolder(dirname(this.path));
    this.end = end;
    this.present = state;
    this.entries.push(JSON.parse(line) as ChainEntry<RolloutEvent>);
    return state;
  }
}

function cut(path: string, length: number): void {
  const file = openSync(path, "r+");
  try {
    ftruncateSync(file, length);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The name of a new file is on disk only with its folder. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
