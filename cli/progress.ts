/** How often a long step says it still runs where no line can be redrawn (logs, CI). */
const QUIET_INTERVAL_MS = 30_000;

/** Shows that a long step is alive: one redrawn line on a terminal, a line each half minute elsewhere. */
export async function withProgress<T>(label: string, step: () => Promise<T>): Promise<T> {
  const stream = process.stderr;
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const draw = () =>
    stream.write(stream.isTTY ? `\r${label} … ${seconds()} s ` : `${label} … ${seconds()} s\n`);
  if (!stream.isTTY) stream.write(`${label} …\n`);
  const timer = setInterval(draw, stream.isTTY ? 1000 : QUIET_INTERVAL_MS);
  let ending = "failed";
  try {
    const result = await step();
    ending = "done";
    return result;
  } finally {
    clearInterval(timer);
    stream.write(`${stream.isTTY ? "\r" : ""}${label}: ${ending} after ${seconds()} s\n`);
  }
}
