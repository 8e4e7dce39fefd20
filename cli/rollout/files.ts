import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { JournalFile } from "./journal-file";

/** Where rollouts keep what they know, below the project's root. Ledgers and evidence lie beside it (docs/gates.md). */
const FOLDER = join("ledger", "rollouts");

/** The journal of a release's rollout. */
export const journalPath = (root: string, version: string): string => join(root, FOLDER, `${version}.ndjson`);
/** What was asked of a driver that runs: one file each. */
export const requestFolder = (root: string, version: string): string =>
  join(root, FOLDER, `${version}.asked`);
/** Who drives; one at a time. */
export const driverPath = (root: string): string => join(root, FOLDER, "driver.json");

/** Versions that have a journal, oldest first. */
export function rolloutVersions(root: string): string[] {
  const folder = join(root, FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => /^([0-9.]+)\.ndjson$/.exec(name)?.[1])
    .filter((version) => version !== undefined)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** The journals of rollouts that have begun and not ended: forward or on the way back. */
export function openRollouts(root: string): JournalFile[] {
  return rolloutVersions(root)
    .map((version) => JournalFile.open(journalPath(root, version), version))
    .filter(({ state }) => state?.phase === "forward" || state?.phase === "back");
}
