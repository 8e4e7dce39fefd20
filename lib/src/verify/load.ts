import { z } from "zod";
import { fail, notRun, pass, type Figure, type Outcome } from "./result";

/** Most requests that may fail: the guide's 1 %. */
export const MOST_FAILED = 0.01;
/** Below this many requests a share says nothing (the gates' least sample of a window). */
export const LEAST_REQUESTS = 300;

/** Whether requests were answered. */
export function judgeAnswers(requests: number, failed: number): Outcome {
  if (requests < LEAST_REQUESTS)
    return notRun(`${String(requests)} requests are fewer than ${String(LEAST_REQUESTS)}`);
  const said = `${String(requests - failed)} of ${String(requests)} answered`;
  return failed / requests <= MOST_FAILED
    ? pass(said)
    : fail(said, "see `platform status` for backends and counters");
}

/**
 * Whether backends got what their weights say: within 2 percentage points, and what chance adds to so few connections
 * (four standard deviations, one false alarm in 15,000).
 */
export function judgeShares(
  counted: Readonly<Record<string, number>>,
  weights: Readonly<Record<string, number>>,
): Outcome {
  const total = sum(Object.values(counted));
  const weight = sum(Object.values(weights));
  if (total < LEAST_REQUESTS) return notRun(`${String(total)} connections were counted`);
  const shares = Object.entries(weights).map(([name, own]) => {
    const expected = own / weight;
    const found = (counted[name] ?? 0) / total;
    const allowed = 0.02 + 4 * Math.sqrt((expected * (1 - expected)) / total);
    return { name, expected, found, off: Math.abs(found - expected) > allowed };
  });
  const said = shares
    .map(({ name, expected, found }) => `${name} ${percent(found)} of ${percent(expected)}`)
    .join(", ");
  return shares.some(({ off }) => off)
    ? fail(said, "a backend is sick, or its weight was changed: see `platform status`")
    : pass(said);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** Largest share of a node's processor time that our programs may take, by what they are for (the guide's budget). */
export const BUDGET = { networking: 0.05, observability: 0.01, all: 0.08 } as const;

/** Run time of programs in nanoseconds, counted by the kernel over `seconds` on `cpus` processors. */
export interface RunTime {
  readonly seconds: number;
  readonly cpus: number;
  readonly networking: number;
  readonly observability: number;
}

/** Shares of the node's processor time, and whether they are within the budget. */
export function judgeOverhead({ seconds, cpus, networking, observability }: RunTime): {
  outcome: Outcome;
  figures: Figure[];
} {
  const whole = seconds * cpus * 1e9;
  const shares = {
    networking: networking / whole,
    observability: observability / whole,
    all: (networking + observability) / whole,
  };
  const kinds = ["networking", "observability", "all"] as const;
  const said = kinds.map((kind) => `${kind} ${(shares[kind] * 100).toFixed(3)} %`).join(", ");
  return {
    outcome: kinds.some((kind) => shares[kind] > BUDGET[kind])
      ? fail(said, "see `platform status` for the cost of each program, and take the dearest off")
      : pass(said),
    figures: kinds.map((kind) => ({
      label: `${kind} programs`,
      value: shares[kind] * 100,
      unit: "% of the processors",
      limit: BUDGET[kind] * 100,
    })),
  };
}

const trend = z.looseObject({ "p(95)": z.number() });
const k6Summary = z.object({
  metrics: z.object({
    http_reqs: z.looseObject({ count: z.number() }),
    http_req_failed: z.looseObject({ value: z.number() }),
    http_req_duration: trend,
  }),
});

/** Reads the file of `k6 run --summary-export`. */
export function judgeK6(summary: unknown): { outcome: Outcome; figures: Figure[] } {
  const parsed = k6Summary.safeParse(summary);
  if (!parsed.success) return { outcome: notRun("k6 left no summary that can be read"), figures: [] };
  const { http_reqs: requests, http_req_failed: failed, http_req_duration: duration } = parsed.data.metrics;
  return {
    outcome: judgeAnswers(requests.count, Math.round(failed.value * requests.count)),
    figures: [
      { label: "k6: failed requests", value: failed.value * 100, unit: "%", limit: MOST_FAILED * 100 },
      { label: "k6: 95th percentile", value: duration["p(95)"], unit: "ms" },
    ],
  };
}
