import { requireBpf } from "./objects";
import type { BpfRunner } from "./runner";

/** Registers hooks of the current suite: programs are loaded before its tests and unloaded after them. */
export function withRunner(start: () => Promise<BpfRunner>): { readonly runner: BpfRunner } {
  let running: BpfRunner | undefined;
  before(async function () {
    requireBpf(this);
    this.timeout(120_000);
    running = await start();
  });
  after(async () => {
    await running?.stop();
  });
  return {
    get runner(): BpfRunner {
      if (!running) throw new Error("The packet runner is only there while a test runs.");
      return running;
    },
  };
}
