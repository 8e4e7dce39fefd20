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

/**
 * Draws points from a seed: the same seed gives the same ones. They are spread: each lies in another part of the lines.
 * @param lines how many lines about changes the n-th run has at least.
 */
export function drawPoints(seed: number, count: number, lines: (nth: number) => number): KillPoint[] {
  const draw = draws(seed);
  const parts = Array.from({ length: count }, (_, part) => ({ part, order: draw() })).sort(
    (a, b) => a.order - b.order,
  );
  return parts.map(({ part }, nth) => {
    const line = 1 + Math.floor(((part + draw()) / count) * lines(nth));
    const victims = draw() < 0.3 ? "engine" : "everything";
    // A preview says once what an update says twice, at its begin and at its end.
    return draw() < 0.15
      ? { phase: "preview", line: Math.ceil(line / 2), victims }
      : { phase: "update", line, victims };
  });
}

/** A small generator (mulberry32) of numbers from 0 to 1. */
function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
