import { mkdirSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "../failure";
import { processStart } from "../process-table";

interface Holder {
  pid: number;
  start: string;
}

function readHolder(file: string): Holder | undefined {
  try {
    const [pid, start] = readFileSync(file, "utf8").split(" ");
    return { pid: Number(pid), start: start ?? "" };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** True when the process that wrote the lock still runs; a reused pid has another start time. */
export function holderLives(
  holder: Holder,
  startOf: (pid: number) => string | undefined = processStart,
): boolean {
  return startOf(holder.pid) === holder.start;
}

/**
 * Runs `step` while no other process of this machine holds `file`. The lock appears complete (a hard link), so a
 * reader never sees half of it; one whose process is gone is removed.
 */
export async function withCacheLock<T>(
  file: string,
  onWait: (pid: number) => void,
  step: () => Promise<T>,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, `${process.pid} ${processStart(process.pid) ?? ""}`);
  try {
    for (let told = false; ;) {
      try {
        linkSync(own, file);
        break;
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
      }
      const holder = readHolder(file);
      if (holder === undefined) continue;
      if (!holderLives(holder)) {
        rmSync(file, { force: true });
        rmSync(`${file}.${holder.pid}`, { force: true });
        continue;
      }
      if (!told) onWait(holder.pid);
      told = true;
      await delay(500);
    }
    try {
      return await step();
    } finally {
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}
