import assert from "node:assert/strict";
import { restorePlan } from "@ebpf-platform/lib/k3s";
import fc from "fast-check";

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 1, maxLength: 7 });

describe("restorePlan", () => {
  it("lets no server run that the others do not know, whoever restores", () => {
    fc.assert(
      fc.property(names, fc.nat(), (servers, index) => {
        const on = servers[index % servers.length];
        const running = new Set(servers);
        const joined = new Set<string>();
        for (const { node, action } of restorePlan(servers, on)) {
          if (action === "stop") running.delete(node);
          else if (action === "restore") {
            assert.equal(node, on);
            assert.deepEqual([...running], [on], "only the one that restores runs");
            joined.add(node);
          } else {
            assert.ok(joined.size > 0 && !running.has(node));
            running.add(node);
            joined.add(node);
          }
        }
        assert.deepEqual([...joined].sort(), [...servers].sort());
      }),
    );
  });

  it("restores on the first server by default, and refuses another node", () => {
    assert.deepEqual(restorePlan(["a"]), [{ node: "a", action: "restore" }]);
    assert.throws(
      () => restorePlan(["a", "b"], "c"),
      /c is no server of the cluster; a restore runs on one of a, b\./,
    );
    assert.throws(() => restorePlan([]), /None is no server/);
  });
});
