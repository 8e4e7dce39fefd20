import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Engine } from "./locate";

/** What `origin.json` beside an engine says about it. */
export interface EngineOrigin {
  version: string;
  how: "download" | "build";
  verified: string;
  seconds: number;
}

/** Removes what a killed builder left beside `target`. Only for the holder of its lock: nobody else builds then. */
export function removeLeftovers(target: string): void {
  const ours = [".draft-", ".work-"].map((kind) => `${basename(target)}${kind}`);
  for (const name of readdirSync(dirname(target))) {
    if (ours.some((start) => name.startsWith(start))) {
      rmSync(join(dirname(target), name), { recursive: true, force: true });
    }
  }
}

/**
 * Fills a folder beside `target` and moves it there by one rename, so that nobody ever sees half an engine; a
 * failed attempt leaves nothing.
 */
export async function installEngine(
  target: string,
  fill: (bin: string) => Promise<Omit<EngineOrigin, "seconds">>,
): Promise<Engine> {
  const started = Date.now();
  const draft = `${target}.draft-${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  try {
    mkdirSync(join(draft, "bin"), { recursive: true });
    const origin = await fill(join(draft, "bin"));
    const seconds = Math.round((Date.now() - started) / 1000);
    writeFileSync(join(draft, "origin.json"), `${JSON.stringify({ ...origin, seconds }, null, 2)}\n`);
    rmSync(target, { recursive: true, force: true });
    renameSync(draft, target);
    return { bin: join(target, "bin"), version: origin.version, origin: origin.how };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
