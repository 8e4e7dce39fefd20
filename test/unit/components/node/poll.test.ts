import assert from "node:assert/strict";
import { pollUntil } from "../../../../components/node/poll";

describe("pollUntil", () => {
  it("gives the first answer", async () => {
    let asked = 0;
    assert.equal(await pollUntil(5000, async () => (++asked === 3 ? "third" : undefined)), "third");
    assert.equal(asked, 3);
  });

  it("gives up at the deadline, after a last attempt", async () => {
    const started = Date.now();
    const answer: number | undefined = await pollUntil<number>(120, () => Promise.resolve(undefined));
    assert.equal(answer, undefined);
    assert.ok(Date.now() - started >= 120);
  });

  it("passes on what an attempt throws", async () => {
    await assert.rejects(
      pollUntil(5000, async () => Promise.reject(new Error("final"))),
      /final/,
    );
  });
});
