import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import {
  ledgerLine,
  ledgerStart,
  readLedger,
  renderEvidence,
  type Evidence,
  type Ledger,
  type LedgerRecord,
} from "@ebpf-platform/lib/rollout";
import { projectRoot } from "../../components/project-root";

/**
 * Folder of ledgers and evidence: `EBPF_PLATFORM_LEDGER`, else `ledger/` of the checkout, where git keeps it. A program
 * that runs from another worktree, as a rollback does, is told the one of the first checkout by that variable.
 */
export function ledgerFolder(): string {
  return process.env["EBPF_PLATFORM_LEDGER"] ?? join(projectRoot(), "ledger");
}

export const ledgerFile = (stack: string): string => join(ledgerFolder(), `${stack}.ndjson`);
export const evidenceFile = (sha256: string): string => join(ledgerFolder(), "evidence", `${sha256}.json`);

/** A file's text, or undefined where there is none. */
export function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Stacks that have a ledger, sorted. */
export function ledgerStacks(): readonly string[] {
  const folder = ledgerFolder();
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ndjson"))
    .map((file) => file.slice(0, -".ndjson".length))
    .sort();
}

/** The ledger of a stack; undefined where it has none. Throws for one that was changed. */
export function loadLedger(stack: string): Ledger | undefined {
  const text = textOf(ledgerFile(stack));
  return text === undefined ? undefined : readLedger(text, stack, ledgerFile(stack));
}

/** Adds a record; on disk before this returns. A last line that a killed writer left torn goes first. */
export function appendRecord(stack: string, record: LedgerRecord, at: Date): void {
  const ledger = loadLedger(stack);
  const { line } = ledgerLine(ledger?.end ?? ledgerStart(stack), record, at);
  appendWhole(ledgerFile(stack), line, ledger?.length ?? 0);
}

/**
 * Writes a chain's next line at the end of its whole lines: cuts a torn rest off, writes, waits for the disk. For ledgers
 * and journals.
 * @param length bytes of whole lines, as `readChain` gives it
 */
export function appendWhole(path: string, line: string, length: number): void {
  const isNew = !existsSync(path);
  if (isNew) mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, isNew ? "wx" : "r+", 0o644);
  try {
    if (!isNew && statSync(path).size !== length) ftruncateSync(file, length);
    const bytes = Buffer.from(line);
    for (let done = 0; done < bytes.length;)
      done += writeSync(file, bytes, done, bytes.length - done, length + done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  if (isNew) syncFolder(dirname(path));
}

/** Keeps a window's evidence under its SHA-256, on disk before this returns. The same evidence twice is one file. */
export function keepEvidence(evidence: Evidence): string {
  const { text, sha256 } = renderEvidence(evidence);
  const path = evidenceFile(sha256);
  if (existsSync(path)) return sha256;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${String(process.pid)}`;
  const file = openSync(draft, "w", 0o644);
  try {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  syncFolder(dirname(path));
  return sha256;
}

/** A new name is on disk only when its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
