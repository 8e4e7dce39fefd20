import { errorFunction, gammaln, mean, wilcoxonRankSum } from "simple-statistics";

/**
 * Probability of `errors` or more among `requests` when each fails with chance `rate`: the exact upper tail of the
 * binomial distribution. `requests` and `errors` are whole; 1 for no errors, 0 for more errors than requests.
 */
export function binomialTail(errors: number, requests: number, rate: number): number {
  if (errors <= 0) return 1;
  if (errors > requests) return 0;
  // The shorter side is summed, so that neither a tiny nor a large tail loses digits.
  return errors > requests * rate ? sumUp(errors, requests, rate) : 1 - sumDown(errors - 1, requests, rate);
}

function sumUp(from: number, n: number, p: number): number {
  let term = binomialTerm(from, n, p);
  let sum = 0;
  for (let k = from; k <= n && term > sum * Number.EPSILON; k++) {
    sum += term;
    term *= ((n - k) / (k + 1)) * (p / (1 - p));
  }
  return Math.min(1, sum);
}

function sumDown(from: number, n: number, p: number): number {
  let term = binomialTerm(from, n, p);
  let sum = 0;
  for (let k = from; k >= 0 && term > sum * Number.EPSILON; k--) {
    sum += term;
    term *= (k / (n - k + 1)) * ((1 - p) / p);
  }
  return Math.min(1, sum);
}

function binomialTerm(k: number, n: number, p: number): number {
  const choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1);
  return Math.exp(choose + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

export interface MannWhitney {
  /** Pairs in which the first sample's value is larger; a tie counts half. */
  readonly u: number;
  /**
   * Two-sided, by the normal approximation with corrections for ties and continuity, as R's
   * `wilcox.test(x, y, exact = FALSE)`; 1 where every value is the same.
   */
  readonly p: number;
  /** Effect size from -1 to 1 (Cliff's delta): share of pairs where the first is larger, less where it is smaller. */
  readonly effect: number;
}

/** The Mann-Whitney test of two samples; for 20 values or more each. Throws for an empty one. */
export function mannWhitney(x: readonly number[], y: readonly number[]): MannWhitney {
  const [n, m] = [x.length, y.length];
  const u = wilcoxonRankSum([...x], [...y]) - (n * (n + 1)) / 2;
  const centre = (n * m) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - tieTerm([...x, ...y]) / (total * (total - 1)));
  const effect = (2 * u) / (n * m) - 1;
  if (variance === 0) return { u, p: 1, effect };
  const distance = Math.max(0, Math.abs(u - centre) - 0.5);
  const z = distance / Math.sqrt(variance);
  return { u, p: Math.min(1, 1 - errorFunction(z / Math.SQRT2)), effect };
}

/** Sum of t³ - t over the groups of equal values. */
function tieTerm(values: readonly number[]): number {
  const groups = new Map<number, number>();
  for (const value of values) groups.set(value, (groups.get(value) ?? 0) + 1);
  return [...groups.values()].reduce((sum, size) => sum + size ** 3 - size, 0);
}

/** Mean of the first sample by the mean of the second; undefined where the second's is 0. */
export function ratioOfMeans(x: readonly number[], y: readonly number[]): number | undefined {
  const divisor = mean([...y]);
  return divisor === 0 ? undefined : mean([...x]) / divisor;
}
