import type { Answer, Question } from "@ebpf-platform/lib/rollout";
import { messageOf } from "../failure";

/** How long an answer may take. Prometheus gives a query up after two minutes by default; a gate is asked again before. */
const ANSWER_MS = 10_000;

/** Asks one question; whatever happens is an answer. */
export async function askPrometheus(server: string, question: Question): Promise<Answer> {
  const range = "start" in question;
  const url = new URL(
    `api/v1/${range ? "query_range" : "query"}`,
    server.endsWith("/") ? server : `${server}/`,
  );
  for (const [name, value] of Object.entries(question)) url.searchParams.set(name, String(value));
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    const body = await response.text();
    const date = Date.parse(response.headers.get("date") ?? "");
    return {
      status: response.status,
      body,
      clockSkew: Number.isNaN(date) ? undefined : Math.round((date - Date.now()) / 1000),
    };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : "";
    return { failure: `Prometheus at ${url.host} gave no answer: ${messageOf(error)}${cause}` };
  }
}
