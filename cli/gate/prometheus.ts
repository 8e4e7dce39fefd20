import type { Answer, GateFile, Question } from "@ebpf-platform/lib/rollout";
import { gateQuestions, type Arms, type WindowTime } from "@ebpf-platform/lib/rollout";
import { messageOf } from "../failure";

export interface PrometheusAccess {
  /** Address of the server, for instance `http://127.0.0.1:9090`; a path before `/api` is kept. */
  readonly address: string;
  /** Longest time for one answer, in milliseconds. */
  readonly limitMs: number;
  /** Further headers, for instance a login; never written anywhere. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Largest answer that is read, in bytes; a gate's answers are one number or an hour of minutes. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Asks one question. Never throws: a server that is down, slow or talks too much is an answer too, which reads as ERROR.
 */
export async function ask(
  { address, limitMs, headers = {} }: PrometheusAccess,
  question: Question,
): Promise<Answer> {
  const range = "start" in question;
  const url = new URL(`${address.replace(/\/+$/, "")}/api/v1/${range ? "query_range" : "query"}`);
  const form = new URLSearchParams({ timeout: `${String(limitMs)}ms` });
  for (const [name, value] of Object.entries(question)) form.set(name, String(value));
  try {
    const answer = await fetch(url, {
      method: "POST",
      body: form,
      headers: { ...headers, accept: "application/json" },
      signal: AbortSignal.timeout(limitMs),
      redirect: "error",
    });
    const body = await readBounded(answer);
    return { status: answer.status, body, clockSkew: skew(answer.headers.get("date"), Date.now()) };
  } catch (error) {
    return { failure: failureOf(error, limitMs) };
  }
}

/** Asks everything a gate wants to know of a window, one signal after the other so as not to load the server. */
export async function askGate(
  access: PrometheusAccess,
  gate: GateFile,
  arms: Arms,
  time: WindowTime,
): Promise<Readonly<Record<string, readonly Answer[]>>> {
  const found: Record<string, readonly Answer[]> = {};
  for (const [signal, questions] of Object.entries(gateQuestions(gate, arms, time))) {
    found[signal] = await Promise.all(questions.map((question) => ask(access, question)));
  }
  return found;
}

async function readBounded(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += (part as Uint8Array).length;
    if (length > MOST_BYTES) throw new Error(`the answer is longer than ${String(MOST_BYTES)} bytes`);
    parts.push(part as Uint8Array);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** How far the server's clock is ahead of ours, in seconds; its header has whole ones. */
function skew(date: string | null, now: number): number | undefined {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  return Number.isNaN(theirs) ? undefined : theirs / 1000 - Math.floor(now / 1000);
}

function failureOf(error: unknown, limitMs: number): string {
  if (error instanceof Error && error.name === "TimeoutError") {
    return `Prometheus gave no answer within ${String(limitMs)} ms`;
  }
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : "";
  return `Prometheus could not be asked: ${messageOf(error)}${cause}`;
}
