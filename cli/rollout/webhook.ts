/** Tries, and the time each may take. A message that cannot be delivered in that time is dropped. */
const TRIES = 3;
const TRY_MS = 3_000;

/**
 * Posts a message as JSON to the address in EBPF_PLATFORM_WEBHOOK, and returns at once: nobody waits for it, and it keeps
 * no process alive. The address may hold a token, so that it is neither an argument nor in any log.
 */
export function notify(message: object, env: NodeJS.ProcessEnv = process.env): void {
  const address = env["EBPF_PLATFORM_WEBHOOK"];
  if (!address) return;
  void deliver(address, JSON.stringify(message));
}

async function deliver(address: string, body: string): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    try {
      const answer = await fetch(address, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(TRY_MS),
      });
      await answer.body?.cancel();
      if (answer.ok) return true;
    } catch {
      // Whoever cannot be told now is tried again; the journal has it all.
    }
  }
  return false;
}
