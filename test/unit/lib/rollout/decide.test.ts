import assert from "node:assert/strict";
import {
  decideStep,
  judgeWindow,
  type Decision,
  type GateFile,
  type WindowVerdict,
} from "@ebpf-platform/lib/rollout";
import { seed } from "../../../support/seed";
import { errorGate, errorRecord, signalWindow } from "./gates";

/** Uniform numbers from 0 to 1, the same for the same seed (mulberry32). */
function generator(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Chances of 0, 1, 2 … errors among n requests, by the recurrence from (1-p)^n: another way than the one under test. */
function chances(n: number, p: number): number[] {
  const found = [(1 - p) ** n];
  for (let k = 1; k <= n; k++) found.push((found[k - 1]! * (n - k + 1) * p) / (k * (1 - p)));
  return found;
}

function draw(cumulative: readonly number[], random: () => number): number {
  const at = random();
  const found = cumulative.findIndex((sum) => at < sum);
  return found < 0 ? cumulative.length - 1 : found;
}

const cumulate = (values: readonly number[]): number[] => {
  let sum = 0;
  return values.map((value) => (sum += value));
};

/** What the rule says of `k` errors in one window, written down again from the reference: over, and over beyond doubt. */
function classes(n: number): { over: (k: number) => boolean; fast: (k: number) => boolean } {
  const tail = chances(n, 0.01).map((_, k, all) => all.slice(k).reduce((sum, chance) => sum + chance, 0));
  return { over: (k) => 100 * k > n, fast: (k) => (tail[k] ?? 0) < 0.01 };
}

/** Chance that "2 of 3" windows are over, by the closed form 3 q² (1 - q) + q³. */
function twoOfThree(n: number, p: number): number {
  const q = chances(n, p).reduce((sum, chance, k) => (100 * k > n ? sum + chance : sum), 0);
  return 3 * q * q * (1 - q) + q ** 3;
}

/** Chance that the whole rule goes back within three windows: a fast failure, or two of three. */
function goesBack(n: number, p: number): number {
  const { over, fast } = classes(n);
  let [certain, failing] = [0, 0];
  chances(n, p).forEach((chance, k) => {
    if (fast(k)) certain += chance;
    else if (over(k)) failing += chance;
  });
  const good = 1 - certain - failing;
  return 1 - (good ** 3 + 3 * good ** 2 * failing);
}

/** Runs a step until it is decided, at most `most` windows; errors are drawn, judged and decided by the code under test. */
function simulate(gate: GateFile, n: number, p: number, most: number, random: () => number): Decision {
  const table = cumulate(chances(n, p));
  const windows: WindowVerdict[] = [];
  for (let window = 1; window <= most; window++) {
    windows.push(judgeWindow(gate, errorRecord(gate, window, draw(table, random), n)));
    const { decision } = decideStep(gate, windows, window * gate.time.windowSeconds);
    if (decision !== "continue" && decision !== "hold") return decision;
  }
  return "continue";
}

describe("the decision about a step", () => {
  it("has the operating curve of the reference: 2 of 3 windows", () => {
    const near = (found: number, wanted: number, within: number): void => {
      assert.ok(Math.abs(found - wanted) <= within, `${found} and ${wanted}`);
    };
    near(twoOfThree(300, 0.005), 0.012, 0.0006);
    near(twoOfThree(300, 0.02), 0.94, 0.001);
    near(twoOfThree(300, 0.03), 0.999, 0.001);
    near(twoOfThree(1000, 0.005), 0.0005, 0.0001);
    near(twoOfThree(1000, 0.02), 0.9997, 0.0001);
  });

  it(`lies on that curve over 10,000 simulated rollouts (seed ${seed})`, function () {
    this.timeout(120_000);
    const random = generator(seed);
    const cases = [
      { n: 300, p: 0.005, runs: 3000 },
      { n: 300, p: 0.02, runs: 2000 },
      { n: 1000, p: 0.003, runs: 2000 },
      { n: 1000, p: 0.02, runs: 1500 },
      { n: 1000, p: 0.03, runs: 1500 },
    ];
    assert.equal(
      cases.reduce((sum, { runs }) => sum + runs, 0),
      10_000,
    );
    for (const { n, p, runs } of cases) {
      // A pass needs four windows here, so that all three of a run are judged.
      const gate = errorGate({ windows: 4 });
      let back = 0;
      for (let run = 0; run < runs; run++) if (simulate(gate, n, p, 3, random) === "fail") back++;
      const wanted = goesBack(n, p);
      // Five standard errors and one run: less than one false alarm of this test in a million.
      const allowed = 5 * Math.sqrt((wanted * (1 - wanted)) / runs) + 1 / runs;
      assert.ok(
        Math.abs(back / runs - wanted) <= allowed,
        `n ${n}, rate ${p}: ${back / runs}, wanted ${wanted} ± ${allowed}`,
      );
      // What failing at once adds to the reference's curve must not cost good candidates.
      if (p <= 0.005) assert.ok(wanted - twoOfThree(n, p) < 0.001, `${wanted} and ${twoOfThree(n, p)}`);
    }
  });

  it("passes 0.3 % and catches 3 % of errors at 1,000 requests a window", () => {
    const random = generator(seed + 1);
    const gate = errorGate({});
    const count = (p: number, wanted: Decision): number => {
      let found = 0;
      for (let run = 0; run < 500; run++) if (simulate(gate, 1000, p, 20, random) === wanted) found++;
      return found;
    };
    assert.equal(count(0.003, "pass"), 500);
    assert.equal(count(0.03, "fail"), 500);
  });

  const gate = errorGate({});
  const good = (window: number): WindowVerdict => judgeWindow(gate, errorRecord(gate, window, 2, 1000));
  const as = (window: number, verdict: WindowVerdict["verdict"]): WindowVerdict =>
    signalWindow(window, "S1", verdict);
  const decision = (windows: WindowVerdict[], elapsed = windows.length * 300): Decision =>
    decideStep(gate, windows, elapsed).decision;

  it("passes with enough windows, requests and a good last window only", () => {
    assert.equal(decision([]), "hold");
    assert.equal(decision([good(1), good(2)]), "continue");
    assert.equal(decision([good(1), good(2), good(3)]), "pass");
    assert.equal(decision([good(1), good(2), as(3, "FAIL")]), "continue");
    assert.equal(decision([good(1), good(2), as(3, "NODATA")]), "hold");
    const few = (window: number): WindowVerdict => judgeWindow(gate, errorRecord(gate, window, 0, 320));
    assert.equal(decision([few(1), few(2), few(3)]), "continue");
    assert.equal(decision([few(1), few(2), few(3), few(4)]), "pass");
    const over = (window: number, k: number): WindowVerdict =>
      judgeWindow(gate, errorRecord(gate, window, k, 1000));
    assert.equal(decision([over(1, 18), over(2, 9), over(3, 9)]), "continue", "36 of all 3000 are too many");
  });

  it("fails after two of three, not after two of four", () => {
    assert.equal(decision([as(1, "FAIL"), good(2), as(3, "FAIL")]), "fail");
    assert.equal(decision([as(1, "FAIL"), good(2), good(3), as(4, "FAIL")]), "continue");
    assert.equal(decision([as(1, "FAIL"), as(2, "NODATA"), as(3, "FAIL")]), "fail");
  });

  it("never passes without answers, and stops in time", () => {
    const silent = (verdict: WindowVerdict["verdict"], count: number): WindowVerdict[] =>
      Array.from({ length: count }, (_, index) => as(index + 1, verdict));
    assert.equal(decision(silent("ERROR", 4)), "hold");
    assert.equal(decision(silent("ERROR", 5)), "stop");
    for (const verdict of ["NODATA", "INCONCLUSIVE"] as const) {
      assert.equal(decision(silent(verdict, 9), 2700), "hold");
      assert.equal(decision(silent(verdict, 9), 3600), "stop");
    }
    assert.equal(decision([good(1), good(2), ...silent("ERROR", 1)]), "hold");
  });
});
