import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import type { Holder } from "@ebpf-platform/lib/rollout";
import { Failure, hasCode } from "../failure";
import { processStart } from "../process-table";
import { driverPath, openRollouts } from "./files";

/** What the environment of a driver's own engine runs says, so that they are not refused. */
const DRIVER_VARIABLE = "EBPF_PLATFORM_ROLLOUT";

interface Held extends Holder {
  /** Start of the process in clock ticks since boot: a pid alone may be another process by now. */
  readonly start: string;
}

/** This process, as a journal names it. */
export function thisHolder(): Holder {
  return {
    pid: process.pid,
    host: hostname(),
    bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
  };
}

/** The driver that lives; undefined without one. Of another host it is taken to live: nobody here can tell. */
export function livingDriver(root: string): Holder | undefined {
  const path = driverPath(root);
  if (!existsSync(path)) return undefined;
  const held = JSON.parse(readFileSync(path, "utf8")) as Held;
  const here = thisHolder();
  if (held.host !== here.host) return held;
  return held.bootId === here.bootId && processStart(held.pid) === held.start ? held : undefined;
}

/** Becomes the one driver; the function gives that up. Throws a `Failure` that names the one there is. */
export function becomeDriver(root: string): () => void {
  const path = driverPath(root);
  mkdirSync(dirname(path), { recursive: true });
  const other = livingDriver(root);
  if (other)
    throw new Failure(
      "locked",
      `A rollout is driven by process ${other.pid} of ${other.host}; wait for it, or speak to it with platform rollout approve, abort, rollback or freeze.`,
    );
  rmSync(path, { force: true });
  const fresh = `${path}.${process.pid}`;
  const file = openSync(fresh, "w", 0o644);
  try {
    writeSync(file, JSON.stringify({ ...thisHolder(), start: processStart(process.pid) }));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    // Two that found a dead driver at once: one link is made.
    linkSync(fresh, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    throw new Failure(
      "locked",
      "Another rollout was started at this moment; look at platform rollout status.",
    );
  } finally {
    rmSync(fresh, { force: true });
  }
  process.env[DRIVER_VARIABLE] = String(process.pid);
  return () => {
    rmSync(path, { force: true });
    Reflect.deleteProperty(process.env, DRIVER_VARIABLE);
  };
}

/**
 * Refuses to touch a stack that a rollout has in its hands, whether its driver lives or has to be resumed. The driver's
 * own runs pass.
 */
export function refuseDuringRollout(root: string, stack: string, env: NodeJS.ProcessEnv = process.env): void {
  const driver = livingDriver(root);
  if (driver && env[DRIVER_VARIABLE] === String(driver.pid)) return;
  for (const { state } of openRollouts(root)) {
    const here = state?.plan.stages.find((stage) => stage.stack === stack);
    if (!here || (here.stage !== "prod" && here.stage !== "canary")) continue;
    const { version } = state?.plan.release ?? {};
    throw new Failure(
      "locked",
      `The rollout of release ${String(version)} has stack ${stack} in its hands${driver ? ` (process ${driver.pid} of ${driver.host})` : ""}; end it with platform rollout resume or rollback first.`,
    );
  }
}
