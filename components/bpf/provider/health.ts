import { pollUntil } from "../../node/poll";
import type { ProgramInputs } from "./inputs";
import { NodeLoader } from "./node-loader";
import { answers, driftOf } from "./observation";

/**
 * The health window after a swap: the node must be reachable by a fresh connection (a program that drops too much cuts
 * it off) and the program still attached when the window ends. Then the swap is confirmed; without the confirmation the
 * node swaps back by itself.
 */
export async function watchHealth(inputs: ProgramInputs, version: string): Promise<void> {
  const { node, connection, program, healthSeconds } = inputs;
  if (healthSeconds === 0) return;
  const end = Date.now() + healthSeconds * 1000;
  await pollUntil(healthSeconds * 1000, () => Promise.resolve(Date.now() >= end ? true : undefined));
  await NodeLoader.use(node, connection, async (loader) => {
    const [found] = answers.observe(node, await loader.mustVerb("observe", program)).programs;
    const drift = found === undefined ? "nothing of it is on the node" : driftOf(found, version);
    if (drift === undefined) {
      answers.confirm(node, await loader.mustVerb("confirm", program, version));
      return;
    }
    throw new Error(
      `Version ${version} of ${program} on node ${node} did not last its health window of ${String(healthSeconds)} s: ${drift}; the node goes back to the version before by itself, so correct the program and run it again.`,
    );
  });
}
