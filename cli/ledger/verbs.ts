import { parseEvidence, type Ledger, type LedgerRecord } from "@ebpf-platform/lib/rollout";
import { Failure, messageOf } from "../failure";
import { table } from "../table";
import { evidenceFile, ledgerFile, ledgerStacks, loadLedger, textOf } from "./files";

export interface JsonOption {
  readonly json?: boolean;
}

/** Prints what a stack's ledger says. */
export function show(stack: string, { json = false }: JsonOption): void {
  const ledger = load(stack);
  if (ledger === undefined) {
    throw new Failure("usage", `Stack ${stack} has no ledger (${ledgerFile(stack)}); a rollout writes it.`);
  }
  if (json) {
    console.log(JSON.stringify(ledger.entries, undefined, 2));
    return;
  }
  const rows = ledger.entries.map(({ at, body }) => [at, body.release.version, body.type, told(body)]);
  console.log(table(["when", "release", "what", ""], rows));
}

function told(record: LedgerRecord): string {
  switch (record.type) {
    case "exposed":
      return record.release.sha256;
    case "verified":
      return `${String(record.evidence.length)} windows of evidence, ${String(Object.keys(record.objects).length)} BPF objects`;
    case "rolledBack":
      return record.reason;
    case "lifted":
      return `${record.by}: ${record.reason}`;
  }
}

/** Reads ledgers and all their evidence whole; fails with every file that is not as it was written. */
export function verify(stack: string | undefined, { json = false }: JsonOption): void {
  const stacks = stack === undefined ? ledgerStacks() : [stack];
  const found = stacks.map((name) => examine(name));
  if (json) console.log(JSON.stringify(found, undefined, 2));
  else {
    const rows = found.map(({ stack: name, records, evidence, faults }) => [
      name,
      String(records),
      String(evidence),
      faults.length === 0 ? "whole" : "changed",
    ]);
    console.log(table(["stack", "records", "evidence", "state"], rows));
  }
  const faults = found.flatMap((each) => each.faults);
  if (faults.length > 0) throw new Failure("failed", faults.join("\n"));
}

interface Examined {
  readonly stack: string;
  readonly records: number;
  readonly evidence: number;
  readonly faults: readonly string[];
}

function examine(stack: string): Examined {
  try {
    const entries = load(stack)?.entries ?? [];
    const names = entries.flatMap(({ body }) => (body.type === "verified" ? body.evidence : []));
    const faults = names.flatMap((sha256) => evidenceFault(stack, sha256));
    return { stack, records: entries.length, evidence: names.length, faults };
  } catch (error) {
    return { stack, records: 0, evidence: 0, faults: [messageOf(error)] };
  }
}

function evidenceFault(stack: string, sha256: string): readonly string[] {
  const text = textOf(evidenceFile(sha256));
  if (text === undefined) return [`Evidence ${sha256} of ${stack} is missing; restore it from git.`];
  try {
    parseEvidence(text, sha256);
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

function load(stack: string): Ledger | undefined {
  try {
    return loadLedger(stack);
  } catch (error) {
    throw new Failure("failed", messageOf(error));
  }
}
