/**
 * Asks until there is an answer or the deadline has passed; the pause grows from 50 ms to 1 s.
 * @param attempt answers undefined for "not yet"; what it throws ends the polling.
 * @returns the answer, or undefined after `deadlineMs` milliseconds.
 */
export async function pollUntil<T>(
  deadlineMs: number,
  attempt: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = Date.now() + deadlineMs;
  for (let pause = 50; ; pause = Math.min(pause * 1.5, 1000)) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
    const left = deadline - Date.now();
    if (left <= 0) return undefined;
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, left)));
  }
}
