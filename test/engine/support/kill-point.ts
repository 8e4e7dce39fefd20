import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** Where a run is cut off: at the n-th line about a resource's change in the preview or in the update. */
export interface KillPoint {
  readonly phase: "preview" | "update";
  readonly line: number;
  /** `engine`: command line and engine only, so that the providers and what they run go on for a while. */
  readonly victims: "everything" | "engine";
}

/** A line such as ` +  command:local:Command edge created (1s)`; reading back and warnings are no changes. */
const CHANGE = /^ *[-+~]+ +\S+:\S+ \S+ (create|update|delete|replace|creat|updat|delet|replac)(d|ing|ed)?\b/;

/** Calls back at the point's line, while the run still writes. */
export function atPoint(
  child: ChildProcess,
  point: Pick<KillPoint, "phase" | "line">,
  reached: () => void,
): void {
  if (child.stdout === null) throw new Error("the run has no standard output to watch");
  let phase: KillPoint["phase"] = "preview";
  let lines = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.startsWith("Updating (")) {
      phase = "update";
      lines = 0;
    }
    if (phase === point.phase && CHANGE.test(line) && !line.includes("warning:") && ++lines === point.line)
      reached();
  });
}

/** Draws points from a seed (mulberry32): the same seed gives the same ones. */
export function drawPoints(seed: number, count: number, lines: (nth: number) => number): KillPoint[] {
  let state = seed >>> 0;
  const draw = (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
  return Array.from({ length: count }, (_, nth) => ({
    phase: draw(8) === 0 ? "preview" : "update",
    line: 1 + draw(lines(nth)),
    victims: draw(3) === 0 ? "engine" : "everything",
  }));
}
