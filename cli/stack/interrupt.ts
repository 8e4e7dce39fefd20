/**
 * Turns Ctrl-C, a hang-up and a polite kill into one abort, which the Automation API passes to the engine as one
 * SIGINT. Later signals only tell that the engine is still ending: npm and the terminal often send the same twice.
 */
export async function withInterrupt<T>(
  note: (text: string) => void,
  step: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) return;
    note(`${name}: asking the engine to stop after the steps that are running; please wait.`);
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, stop);
  try {
    return await step(controller.signal);
  } finally {
    for (const name of signals) process.off(name, stop);
  }
}
