import { pollUntil } from "../../../components/node/poll";

/** Waits until the condition holds. Throws with its name when the deadline passes first. */
export async function eventually(
  what: string,
  deadlineMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const held = await pollUntil(deadlineMs, async () => ((await condition()) ? true : undefined));
  if (!held) throw new Error(`It did not happen within ${deadlineMs} ms that ${what}.`);
}
