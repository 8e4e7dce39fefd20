import { seed } from "../../../support/seed";

/** Samples of one series as `[seconds before the window's end, value]`, oldest first. */
export type Samples = readonly (readonly [number, number])[];

/** What Prometheus had scraped when a window ended. */
export interface Vector {
  readonly name: string;
  /** Requests, failed requests and one gauge, each with its series. */
  readonly requests: readonly Samples[];
  readonly errors: readonly Samples[];
  readonly gauge: readonly Samples[];
  readonly up: readonly Samples[];
  /** Words that Prometheus adds to its answer about errors. */
  readonly warnings?: readonly string[];
}

export const WINDOW = 300;
const SCRAPE = 15;
/** Scrapes lie 7 s off the window's ends, as in life. */
const OFFSET = 7;

/** A counter that grows by `each` a scrape, from `from` seconds before the end on, starting at `first`. */
function counter(
  each: number,
  { from = 600, first = each, until = 0 }: { from?: number; first?: number; until?: number } = {},
): Samples {
  const samples: [number, number][] = [];
  for (let ago = from - (from % SCRAPE) + OFFSET, value = first; ago >= until; ago -= SCRAPE, value += each) {
    if (ago <= from) samples.push([ago, value]);
  }
  return samples;
}

/** The same, with the counter at zero again at some time. */
const reset = (samples: Samples, at: number): Samples => {
  const before = samples.findLast(([ago]) => ago > at)?.[1] ?? 0;
  return samples.map(([ago, value]) => [ago, ago > at ? value : value - before]);
};
const without = (samples: Samples, from: number, until: number): Samples =>
  samples.filter(([ago]) => ago > from || ago < until);
const flat = (value: number, from = 600): Samples => counter(0, { from, first: value });

/** A counter that stands still but for one step of a height at a time. */
const step = (height: number, at: number, from = 600): Samples =>
  flat(0, from).map(([ago]) => [ago, ago > at ? 0 : height]);

const healthy = { gauge: [flat(0.5)], up: [flat(1)] };

/** Every vector; the random ones follow the run's seed. */
export function vectors(): readonly Vector[] {
  let state = seed;
  const random = (most: number): number => {
    state = (state * 48_271 + 11) % 2_147_483_647;
    return state % most;
  };
  const found: Vector[] = [];
  const add = (name: string, vector: Partial<Vector>): void => {
    found.push({
      name: `${name} (${String(found.length)})`,
      requests: [counter(50)],
      errors: [flat(0)],
      ...healthy,
      ...vector,
    });
  };
  for (const requests of [2, 10, 15, 50, 250]) {
    for (const errors of [0, 1, 2, 5, 12])
      add(`steady ${String(requests)}, ${String(errors)}`, {
        requests: [counter(requests)],
        errors: [step(errors, random(290))],
      });
  }
  for (let index = 0; index < 22; index++) {
    const from = 8 + random(280);
    add("errors born in the window", {
      errors: [counter(random(4), { from, first: 1 + random(8) })],
      requests: [counter(10 + random(90))],
    });
  }
  for (let index = 0; index < 20; index++) {
    const at = random(320);
    add("counters reset", {
      errors: [reset(counter(random(3)), at)],
      requests: [reset(counter(5 + random(80)), at)],
    });
  }
  for (let index = 0; index < 22; index++) {
    const [from, length] = [random(420), 15 + random(200)];
    const gap = (samples: Samples): Samples => without(samples, from, from - length);
    add("scrapes missing", {
      errors: [gap(counter(random(2), { from: 3000, first: 700 }))],
      requests: [gap(counter(20 + random(60), { from: 3000, first: 90_000 }))],
    });
  }
  for (let index = 0; index < 20; index++) {
    const pods = Array.from({ length: 2 + random(5) }, () => 8 + random(590));
    add("many series", {
      requests: pods.map((from) => counter(2 + random(20), { from })),
      errors: pods.map((from) => counter(random(8) === 0 ? 1 : 0, { from, first: 0 })),
    });
  }
  for (let index = 0; index < 6; index++) {
    const nan = flat(0.5).map(([ago, value]): [number, number] => [
      ago,
      ago <= 15 * index + 22 ? Number.NaN : value,
    ]);
    add("a gauge that is no number", { gauge: [nan] });
    add("a gauge beyond all numbers", {
      gauge: [flat(index % 2 === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY)],
    });
    add("a gauge over its limit", { gauge: [flat(0.9 + index / 10)] });
    add("a gauge of two series", { gauge: [flat(0.1), flat(0.2 * index)] });
  }
  for (let index = 0; index < 5; index++) {
    add("a sensor down", {
      up: [flat(1), step(1, 15 * index).map(([ago, value]): [number, number] => [ago, 1 - value])],
    });
    add("no sensor", { up: [] });
    add("no requests", { requests: index % 2 === 0 ? [] : [flat(1000)] });
    add("requests long gone", { requests: [counter(50, { from: 2000, until: 301 + 15 * index })] });
    add("a warning", { warnings: ["the remote part did not answer"], errors: [step(3 * index, 100)] });
  }
  return found;
}
