import assert from "node:assert/strict";
import { missing } from "../../support/missing.js";
import { engineEnvironment, type EngineEnvironment } from "./active-providers.js";
import { ProviderProcess } from "./provider-process.js";
import { refusedInputs } from "./refused-input-cases.js";

describe("inputs that the providers refuse", function () {
  this.timeout(60_000);
  let environment: EngineEnvironment | undefined;
  const processes = new Map<string, ProviderProcess>();

  before(async function () {
    const found = await engineEnvironment();
    if ("missing" in found) missing(this, found.missing);
    environment = found;
    for (const { provider, executable } of found.providers) {
      if (!refusedInputs.some((row) => row.provider === provider)) continue;
      processes.set(provider, await ProviderProcess.start(executable));
    }
  });

  after(() => {
    for (const running of processes.values()) running.stop();
    environment?.dispose();
  });

  for (const { name, provider, type, inputs, error } of refusedInputs) {
    it(`${provider}: ${name}${error === "" ? " is taken" : ""}`, async () => {
      const running = processes.get(provider);
      assert.ok(running, `provider ${provider} has not been started`);
      const answer = await running.check(type, name, inputs);
      if (error === "") assert.equal(answer, "");
      else assert.ok(answer.includes(error), `the answer was: ${answer}`);
    });
  }
});
