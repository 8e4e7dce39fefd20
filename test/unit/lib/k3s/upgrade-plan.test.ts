import assert from "node:assert/strict";
import { upgradePlan, type RunningNode } from "@ebpf-platform/lib/k3s";
import fc from "fast-check";

const node = (name: string, role: RunningNode["role"], version: string, healthy = true): RunningNode => ({
  name,
  role,
  version,
  healthy,
});

describe("upgradePlan", () => {
  it("takes servers before agents, one after the other, and leaves out what is there", () => {
    const nodes = [
      node("a1", "agent", "v1.33.4+k3s1"),
      node("s1", "server", "v1.33.4+k3s1"),
      node("s2", "server", "v1.34.9+k3s1"),
      node("s3", "server", "v1.33.5+k3s2"),
    ];
    assert.deepEqual(upgradePlan(nodes, "v1.34.9+k3s1").steps, [
      { node: "s1", from: "v1.33.4+k3s1" },
      { node: "s3", from: "v1.33.5+k3s2" },
      { node: "a1", from: "v1.33.4+k3s1" },
    ]);
  });

  const refused: [string, RunningNode[], string, RegExp][] = [
    [
      "a way back",
      [node("s", "server", "v1.34.9+k3s1")],
      "v1.34.8+k3s1",
      /^Node s runs v1\.34\.9\+k3s1, which is newer/,
    ],
    ["an older build", [node("s", "server", "v1.34.9+k3s2")], "v1.34.9+k3s1", /is newer than/],
    [
      "a skipped minor",
      [node("s", "server", "v1.32.9+k3s1")],
      "v1.34.1+k3s1",
      /skips a minor version; go by a release with v1\.33 first/,
    ],
    ["another major", [node("s", "server", "v1.34.9+k3s1")], "v2.34.9+k3s1", /skips a minor/],
    [
      "a node that is not well",
      [node("s", "server", "v1.34.8+k3s1", false)],
      "v1.34.9+k3s1",
      /Node s is not healthy/,
    ],
    ["a version that cannot be read", [node("s", "server", "latest")], "v1.34.9+k3s1", /runs k3s latest/],
    ["a channel", [node("s", "server", "v1.34.8+k3s1")], "stable", /The release's k3s version stable/],
    ["no server", [node("a", "agent", "v1.34.8+k3s1")], "v1.34.9+k3s1", /No server is among the nodes/],
  ];
  for (const [name, nodes, target, said] of refused)
    it(`refuses ${name}`, () => assert.throws(() => upgradePlan(nodes, target), { message: said }));

  it("lets an agent be two minors behind", () => {
    const nodes = [node("s", "server", "v1.34.9+k3s1"), node("a", "agent", "v1.32.1+k3s1")];
    assert.deepEqual(upgradePlan(nodes, "v1.34.9+k3s1").steps, [{ node: "a", from: "v1.32.1+k3s1" }]);
  });

  it("names every reason at once", () => {
    const nodes = [node("s1", "server", "v1.31.1+k3s1", false), node("s2", "server", "v1.35.1+k3s1")];
    assert.throws(
      () => upgradePlan(nodes, "v1.34.9+k3s1"),
      (error: Error) => error.message.split("\n").length === 3,
    );
  });

  it("never has an agent newer than a server, at any point, whatever order the nodes stand in", () => {
    const version = fc
      .tuple(fc.integer({ min: 33, max: 34 }), fc.integer({ min: 0, max: 9 }))
      .map(([minor, patch]) => `v1.${String(minor)}.${String(patch)}+k3s1`);
    const nodes = fc.array(
      fc.record({ role: fc.constantFrom("server" as const, "agent" as const), version }),
      {
        minLength: 1,
        maxLength: 7,
      },
    );
    const target = "v1.34.9+k3s1";
    fc.assert(
      fc.property(nodes, (list) => {
        const all = [
          node("first", "server", "v1.33.0+k3s1"),
          ...list.map(({ role, version: running }, index) => node(`n${String(index)}`, role, running)),
        ];
        const { steps } = upgradePlan(all, target);
        const now = new Map(all.map((each) => [each.name, each.version]));
        const serversDone = () => all.every(({ role, name }) => role === "agent" || now.get(name) === target);
        for (const { node: name, from } of steps) {
          assert.equal(now.get(name), from);
          if (all.find((each) => each.name === name)?.role === "agent") assert.ok(serversDone());
          now.set(name, target);
        }
        assert.ok([...now.values()].every((running) => running === target));
        assert.deepEqual(
          upgradePlan(
            all.map((each) => ({ ...each, version: target })),
            target,
          ).steps,
          [],
        );
      }),
    );
  });
});
