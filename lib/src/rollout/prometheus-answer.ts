/** One question to Prometheus: at a time, or over a range; all times in seconds since 1970. */
export type Question =
  | { readonly query: string; readonly time: number }
  | { readonly query: string; readonly start: number; readonly end: number; readonly step: number };

/** What came back, as it came, so that it can be read again years later. */
export type Answer =
  | {
      readonly status: number;
      readonly body: string;
      /** The server's clock against ours in seconds, from its `Date` header (whole seconds); positive when it is ahead. */
      readonly clockSkew: number | undefined;
    }
  | { readonly failure: string };

/** What an answer says: one number, numbers by time, or why there is none. */
export type Reading<Found> =
  | { readonly kind: "found"; readonly found: Found; readonly warning?: string }
  | { readonly kind: "NODATA" | "ERROR"; readonly reason: string };

/** Seconds by which a server's clock may differ: beyond them it judges other minutes than those that were meant. */
export const MOST_CLOCK_SKEW = 5;

/** Reads an instant query: exactly one sample of a vector, at the time that was asked for. NaN and infinities are NODATA. */
export function readInstant(question: { readonly time: number }, answer: Answer): Reading<number> {
  const data = readData(answer, "vector");
  if (data.kind !== "found") return data;
  const sample = oneSeries(data.found);
  if (sample.kind !== "found") return sample;
  const pair = readPair(isObject(sample.found) ? sample.found["value"] : undefined);
  if (pair === undefined) return error("the sample is no pair of a time and a number");
  if (Math.abs(pair.time - question.time) > 0.001) {
    return error(`the sample is of ${pair.time} and ${question.time} was asked for`);
  }
  if (!Number.isFinite(pair.value)) return { kind: "NODATA", reason: `the value is ${pair.value}` };
  return { ...data, found: pair.value };
}

/** Reads a range query: one series, its finite values by time. A value off the grid that was asked for is an ERROR. */
export function readRange(
  question: { readonly start: number; readonly end: number; readonly step: number },
  answer: Answer,
): Reading<ReadonlyMap<number, number>> {
  const data = readData(answer, "matrix");
  if (data.kind !== "found") return data;
  const series = oneSeries(data.found);
  if (series.kind !== "found") return series;
  const values = isObject(series.found) ? series.found["values"] : undefined;
  if (!Array.isArray(values)) return error("the series has no list of values");
  const found = new Map<number, number>();
  for (const each of values) {
    const pair = readPair(each);
    if (pair === undefined) return error("a sample is no pair of a time and a number");
    if (!onGrid(pair.time, question)) return error(`a sample is of ${pair.time}, which was not asked for`);
    if (Number.isFinite(pair.value)) found.set(Math.round(pair.time * 1000) / 1000, pair.value);
  }
  if (found.size === 0) return { kind: "NODATA", reason: "no value is a finite number" };
  return { ...data, found };
}

function onGrid(time: number, { start, end, step }: { start: number; end: number; step: number }): boolean {
  const steps = (time - start) / step;
  return time >= start - 0.001 && time <= end + 0.001 && Math.abs(steps - Math.round(steps)) * step < 0.001;
}

function readData(answer: Answer, resultType: "vector" | "matrix"): Reading<readonly unknown[]> {
  if ("failure" in answer) return error(answer.failure);
  if (answer.clockSkew !== undefined && Math.abs(answer.clockSkew) > MOST_CLOCK_SKEW) {
    return error(`its clock differs from ours by ${answer.clockSkew} s`);
  }
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    return error(`it answered ${answer.status} with something that is no JSON`);
  }
  if (!isObject(body)) return error(`it answered ${answer.status} with something that is no object`);
  if (body["status"] !== "success" || answer.status !== 200) {
    return error(`it answered ${answer.status}: ${text(body["errorType"])}: ${text(body["error"])}`);
  }
  const { data, warnings } = body;
  if (!isObject(data) || data["resultType"] !== resultType || !Array.isArray(data["result"])) {
    return error(`the answer is no ${resultType}`);
  }
  const found = data["result"] as readonly unknown[];
  if (!Array.isArray(warnings) || warnings.length === 0) return { kind: "found", found };
  return { kind: "found", found, warning: warnings.map(text).join("; ") };
}

function oneSeries(result: readonly unknown[]): Reading<unknown> {
  if (result.length === 0) return { kind: "NODATA", reason: "the answer holds no series" };
  if (result.length > 1)
    return error(`the answer holds ${result.length} series and one was asked for; aggregate the query`);
  return { kind: "found", found: result[0] };
}

// Number("") is 0 and Number("+Inf") is NaN: a sample's text is read by its own pattern.
const numberPattern = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/;
const words: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  "+Inf": Number.POSITIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  "-Inf": Number.NEGATIVE_INFINITY,
};

/** A sample's value as Prometheus writes it; undefined for anything else. */
export function readSampleValue(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  return words[value] ?? (numberPattern.test(value) ? Number(value) : undefined);
}

function readPair(pair: unknown): { time: number; value: number } | undefined {
  if (!Array.isArray(pair) || pair.length !== 2) return undefined;
  const [time, raw] = pair as unknown[];
  const value = readSampleValue(raw);
  return typeof time === "number" && value !== undefined ? { time, value } : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

const text = (value: unknown): string => (typeof value === "string" ? value.slice(0, 300) : "no text");
const error = (reason: string): { kind: "ERROR"; reason: string } => ({ kind: "ERROR", reason });
