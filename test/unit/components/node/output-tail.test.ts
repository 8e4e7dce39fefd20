import assert from "node:assert/strict";
import fc from "fast-check";
import { OutputTail } from "../../../../components/node/output-tail";

describe("OutputTail", () => {
  it("holds the last bytes of everything that was pushed, and counts the rest", () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 20 });
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 64 }), (arrays, limit) => {
        const tail = new OutputTail(limit);
        for (const array of arrays) tail.push(Buffer.from(array));
        const whole = Buffer.concat(arrays);
        assert.equal(tail.toString(), whole.subarray(-limit).toString("utf8"));
        assert.equal(tail.droppedBytes, Math.max(0, whole.length - limit));
      }),
    );
  });
});
