import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { projectRoot } from "../../../../components/project-root";
import { boxesOf, kindOf, shortType, withoutImplied } from "../../../../scripts/graph/boxes.mjs";
import { drawStack } from "../../../../scripts/graph/draw-stack.mjs";
import { place, type PlacedBox } from "../../../../scripts/graph/layout.mjs";
import { readStack, recordOf } from "../../../../scripts/graph/read-stack.mjs";

/** Both were recorded from one small program with the real engine, and cut to the fields that matter. */
const recorded = (name: string): unknown =>
  JSON.parse(readFileSync(join(projectRoot(), "test/fixtures/graph", name), "utf8"));
const urn = (name: string) => `urn:pulumi:s::p::t::${name}`;

describe("the architecture picture", () => {
  it("is the same from an export and from a preview, and the same each time", () => {
    const svg = drawStack(recorded("export.json"));
    assert.equal(drawStack(recorded("preview.json")), svg);
    assert.equal(drawStack(recorded("export.json")), svg);
    assert.equal(drawStack(recordOf(recorded("export.json"))), svg);
  });

  it("has components as boxes, their resources as rows, thin wrappers together", () => {
    const { title, boxes } = boxesOf(readStack(recorded("export.json")));
    assert.equal(title, "sample");
    assert.deepEqual(
      boxes
        .map(
          (box) => `${box.title}: ${box.rows.map(({ text, type }) => `${text} ${type}`.trim()).join(", ")}`,
        )
        .sort(),
      [
        "BpfObject: xdp_lb",
        "PrivateKey: client-key",
        "backend: host-key PrivateKey, container local.Command",
        "edge: host-key PrivateKey, container local.Command",
        "load-balancer: program BpfProgram, vip remote.Command",
        "smoke: count remote.Command, request remote.Command",
      ],
    );
  });

  it("has an arrow for each need between boxes, without those that follow from others", () => {
    const { boxes, arrows } = boxesOf(readStack(recorded("export.json")));
    const name = (id: string) => boxes.find((box) => box.id === id)?.title;
    assert.deepEqual(arrows.map(({ from, to }) => `${name(from)} → ${name(to)}`).sort(), [
      "backend → PrivateKey",
      "edge → PrivateKey",
      "load-balancer → BpfObject",
      "load-balancer → backend",
      "load-balancer → edge",
      // smoke needs backend too, which follows from load-balancer needing it.
      "smoke → load-balancer",
    ]);
  });

  it("puts components into components, and lifts their needs to where both ends are neighbours", () => {
    const resource = (name: string, parent?: string, needs: string[] = []) => {
      return {
        urn: urn(name),
        type: `a:b:${name}`,
        name,
        needs: needs.map(urn),
        ...(parent ? { parent: urn(parent) } : {}),
      };
    };
    const inner = ["x", "y"].flatMap((name) => [
      resource(name, "outer"),
      resource(`${name}-1`, name),
      resource(`${name}-2`, name, ["x-1", "far-1"]),
    ]);
    const far = [resource("far"), resource("far-1", "far"), resource("far-2", "far")];
    const root = boxesOf({ stack: "s", resources: [resource("outer"), ...inner, ...far] });
    assert.deepEqual(root.arrows, [{ from: urn("outer"), to: urn("far") }]);
    assert.deepEqual(root.boxes.find(({ title }) => title === "outer")?.arrows, [
      { from: urn("y"), to: urn("x") },
    ]);
  });

  it("lays boxes out inside their parents, without overlap, what needs above what it needs", () => {
    const root = place(boxesOf(readStack(recorded("export.json"))));
    for (const [index, one] of root.boxes.entries()) {
      assert.ok(
        one.x >= 0 && one.x + one.width <= root.width && one.y >= 0 && one.y + one.height <= root.height,
      );
      for (const other of root.boxes.slice(index + 1)) {
        const apart = (a: PlacedBox, b: PlacedBox) => a.x + a.width <= b.x || a.y + a.height <= b.y;
        assert.ok(apart(one, other) || apart(other, one), `${one.title} and ${other.title} overlap`);
      }
    }
    for (const points of root.arrows) assert.ok((points[0]?.y ?? 0) < (points.at(-1)?.y ?? 0));
  });

  it("joins what is built to what runs it by the hash of its bytes", () => {
    const sha256 = "ab".repeat(32);
    const state = (name: string, rest: object) => ({ urn: urn(name), type: `a:b:${name}`, ...rest });
    const resources = [
      state("object", { outputs: { sha256 } }),
      state("program", { inputs: { files: [{ hash: sha256 }] } }),
    ];
    const { resources: read } = readStack({ deployment: { resources } });
    assert.deepEqual(
      read.map(({ name, needs }) => [name, needs]),
      [
        ["object", []],
        ["program", [urn("object")]],
      ],
    );
    assert.deepEqual(readStack(recordOf({ deployment: { resources } })).resources, read);
  });

  it("stands in docs/ as it is drawn from the recorded lab", () => {
    const svg = readFileSync(join(projectRoot(), "docs/architecture.svg"), "utf8");
    assert.equal(
      svg,
      drawStack(recorded("lab.json")),
      "run node scripts/graph.mjs test/fixtures/graph/lab.json --output docs/architecture.svg",
    );
  });

  it("names types as people do", () => {
    assert.equal(shortType("ebpf-platform:node:Machine"), "Machine");
    assert.equal(shortType("command:remote:Command"), "remote.Command");
    assert.equal(shortType("pulumi-nodejs:dynamic/bpf:Program"), "bpf.Program");
    assert.equal(shortType("ebpf-platform:bpf:Object"), "bpf.Object");
    assert.equal(shortType("pulumi-nodejs:dynamic:Resource"), "dynamic.Resource");
    assert.equal(shortType("tls:index/privateKey:PrivateKey"), "PrivateKey");
    assert.equal(kindOf("ebpf-platform:node:Machine"), "node");
    assert.equal(kindOf("pulumi-nodejs:dynamic/bpf:BpfProgram"), "bpf");
    assert.equal(kindOf("tls:index/privateKey:PrivateKey"), "tls");
  });

  it("keeps every connection when it leaves arrows out, and terminates on cycles", () => {
    const reach = (arrows: { from: string; to: string }[], from: string) => {
      const seen = new Set([from]);
      for (const at of seen) for (const one of arrows) if (one.from === at) seen.add(one.to);
      return [...seen].sort();
    };
    const letters = ["a", "b", "c", "d", "e", "f"];
    const letter = fc.constantFrom(...letters);
    fc.assert(
      fc.property(fc.array(fc.record({ from: letter, to: letter }), { maxLength: 20 }), (pairs) => {
        const arrows = pairs.filter(({ from, to }) => from !== to);
        const targets = (from: string) =>
          new Set(arrows.filter((one) => one.from === from).map(({ to }) => to));
        const left = withoutImplied(new Map(arrows.map(({ from }) => [from, targets(from)])));
        for (const from of letters) assert.deepEqual(reach(left, from), reach(arrows, from));
      }),
    );
  });

  it("is refused for anything else, in one sentence", () => {
    assert.throws(
      () => drawStack({}),
      /neither the answer of `pulumi stack export` nor of `pulumi preview --json`/,
    );
    assert.throws(() => drawStack({ deployment: { resources: [] } }), /has no resources/);
  });
});
