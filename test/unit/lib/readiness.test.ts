import assert from "node:assert/strict";
import { notReady } from "../../../lib/src/readiness";

const rolled = { path: "/x", is: "rolled-out" } as const;
const metadata = { generation: 2 };

describe("notReady", () => {
  it("waits for every pod of a Deployment to be of the newest template and available", () => {
    const of = (status: object, replicas = 2) => notReady(rolled, { metadata, spec: { replicas }, status });
    assert.equal(of({ observedGeneration: 2, updatedReplicas: 2, availableReplicas: 2 }), undefined);
    assert.equal(
      of({ observedGeneration: 1, updatedReplicas: 2, availableReplicas: 2 }),
      "is not seen by its controller yet",
    );
    assert.equal(
      of({ observedGeneration: 2, updatedReplicas: 1, availableReplicas: 2 }),
      "has 1 of 2 pods updated",
    );
    assert.equal(of({ observedGeneration: 2, updatedReplicas: 2 }), "has 0 of 2 pods ready");
    assert.equal(of({ observedGeneration: 2 }, 0), undefined);
  });

  it("does not take a DaemonSet without nodes for ready", () => {
    const of = (status: object) =>
      notReady(rolled, { metadata, spec: {}, status: { observedGeneration: 2, ...status } });
    assert.equal(of({ desiredNumberScheduled: 0 }), "has no node to run on");
    assert.equal(
      of({ desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 }),
      "has 2 of 3 pods ready",
    );
    assert.equal(of({ desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 }), undefined);
  });

  it("waits for a condition, and says what it says", () => {
    const of = (conditions: object[]) =>
      notReady({ path: "/x", is: { condition: "Available" } }, { status: { conditions } });
    assert.equal(of([{ type: "Available", status: "True" }]), undefined);
    assert.equal(of([]), "has no condition Available yet");
    assert.equal(
      of([{ type: "Available", status: "False", message: "no volume" }]),
      "has condition Available False (no volume)",
    );
  });

  it("waits for a field, and for the object itself", () => {
    const check = { path: "/x", is: { field: ["status", "created"], equals: "true" } } as const;
    assert.equal(notReady(check, { status: { created: true } }), undefined);
    assert.equal(notReady(check, { status: {} }), "has status.created unset, not true");
    assert.equal(notReady(check, undefined), "does not exist yet");
  });
});
