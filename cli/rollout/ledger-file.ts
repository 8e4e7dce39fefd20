import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import {
  ledgerLine,
  ledgerPath,
  ledgerStart,
  readLedger,
  type LedgerRecord,
} from "@ebpf-platform/lib/rollout";

/**
 * Appends a record to a stack's ledger, synced. A record that stands there last already is not written again: a driver
 * that was killed after writing it is followed by one that writes it too.
 */
export function recordInLedger(root: string, stack: string, record: LedgerRecord, at: Date): void {
  const path = join(root, ledgerPath(stack));
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const ledger = readLedger(text, stack, ledgerPath(stack));
  const last = ledger.entries.at(-1)?.body;
  if (last && JSON.stringify(last) === JSON.stringify(record)) return;
  if (ledger.length < Buffer.byteLength(text)) truncateSync(path, ledger.length);
  const { line } = ledgerLine(ledger.entries.length > 0 ? ledger.end : ledgerStart(stack), record, at);
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "a", 0o644);
  try {
    writeSync(file, line);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
