import assert from "node:assert/strict";
import { buildObject, requireBpf } from "../support/objects";
import { buildFaultyLoader, PrivateNode, STRANGER } from "./private-node";

const PINS = "/sys/fs/bpf/ebpf-platform";

describe("ebpf-loader observe", function () {
  let node: PrivateNode;

  before(function () {
    requireBpf(this);
    buildFaultyLoader();
  });
  beforeEach(async () => {
    node = await PrivateNode.start(buildFaultyLoader());
    node.must("apply", node.put({}));
  });
  afterEach(() => node.stop());

  const kinds = (): string[] => [...new Set(node.facts("alpha").problems.map(({ kind }) => kind))].sort();

  /** One case a row: what a person did, what observe calls it. The next apply must mend each. */
  const cases: [string, (node: PrivateNode) => void, string[]][] = [
    ["a program unpinned", () => node.run("sh", "-c", `rm -r ${PINS}/alpha/v_*`), ["unpinned"]],
    ["all its pins removed", () => node.run("rm", "-r", `${PINS}/alpha`), ["unpinned"]],
    ["a map unpinned", () => node.run("rm", `${PINS}/alpha/maps/counts`), ["unpinned"]],
    ["the root's link removed", () => node.run("rm", `${PINS}/xdp_root_host0/link`), ["missing"]],
    ["the chain unpinned", () => node.run("rm", `${PINS}/xdp_root_host0/chain`), ["missing"]],
    [
      "the whole root removed",
      () => node.run("rm", "-r", `${PINS}/xdp_root_host0`),
      ["missing", "stale-root"],
    ],
    [
      "its slot emptied",
      () =>
        node.run(
          "bpftool",
          "map",
          "delete",
          "pinned",
          `${PINS}/xdp_root_host0/chain`,
          "key",
          "1",
          "0",
          "0",
          "0",
        ),
      ["missing"],
    ],
    [
      "the link detached by force",
      () => node.run("sh", "-c", `bpftool link detach pinned ${PINS}/xdp_root_host0/link`),
      ["missing"],
    ],
    ["everything in bpffs gone", () => node.run("rm", "-r", PINS), ["missing", "stale-root", "unpinned"]],
    ["the record removed", () => node.run("rm", "/run/ebpf-platform/bpf/alpha.json"), ["unrecorded"]],
  ];
  for (const [title, harm, expected] of cases) {
    it(`finds ${title}; the next apply mends it`, async () => {
      assert.deepEqual(kinds(), []);
      harm(node);
      // The kernel releases an unpinned link from a work queue: until then the hook still holds the old root.
      const deadline = Date.now() + 5000;
      const settled = (): boolean => {
        const found = kinds();
        return found.length > 0 && found.every((kind) => expected.includes(kind));
      };
      while (!settled()) {
        assert.ok(Date.now() < deadline, JSON.stringify(node.facts("alpha").problems));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const { error } = node.apply();
      assert.equal(error, undefined, JSON.stringify(error));
      assert.deepEqual(node.facts("alpha").problems, []);
      assert.equal(node.facts("alpha").targets[0]?.attached, true);
    });
  }

  it("finds a foreign program in the slot and names it", () => {
    node.run("bpftool", "prog", "load", buildObject(STRANGER), "/sys/fs/bpf/stranger", "type", "xdp");
    node.run(
      ...["bpftool", "map", "update", "pinned", `${PINS}/xdp_root_host0/chain`],
      ...["key", "1", "0", "0", "0", "value", "pinned", "/sys/fs/bpf/stranger"],
    );
    const [problem] = node.facts("alpha").problems;
    assert.equal(problem?.kind, "foreign");
    assert.match(
      problem.detail,
      /slot 1 of host0 holds the program 'stranger' \(id \d+\), which is not ours/,
    );
    assert.match(node.apply().error?.cause ?? "", /foreign program 'stranger'/);
    assert.equal(node.apply({ takeover: true }).error, undefined);
    assert.deepEqual(kinds(), []);
  });

  it("finds a map of another shape under its name", () => {
    node.run("rm", `${PINS}/alpha/maps/counts`);
    node.run(
      ...["bpftool", "map", "create", `${PINS}/alpha/maps/counts`],
      ...["type", "hash", "key", "4", "value", "8", "entries", "7", "name", "counts"],
    );
    assert.deepEqual(kinds(), ["map-shape"]);
  });

  it("finds a deleted interface, and attaches again when it is back", () => {
    node.run("ip", "link", "del", "host0");
    assert.ok(kinds().includes("no-interface"));
    assert.match(node.apply().error?.cause ?? "", /this node has only/);
    node.run("ip", "link", "add", "host0", "type", "veth", "peer", "name", "peer1");
    assert.deepEqual(kinds(), ["missing"]);
    const answer = node.apply();
    assert.equal(answer.error, undefined, JSON.stringify(answer.error));
    assert.deepEqual(kinds(), []);
    assert.notEqual(node.attachedId(), 0);
  });

  it("finds changed files", () => {
    const { version } = node.facts("alpha");
    node.run("sh", "-c", `echo >> /var/lib/ebpf-platform/bpf/alpha/${version!}/prog.bpf.o`);
    assert.deepEqual(kinds(), ["files"]);
  });

  it("answers for a program that was never there", () => {
    const facts = node.facts("nobody");
    assert.equal(facts.version, null);
    assert.deepEqual(
      facts.problems.map(({ kind }) => kind),
      ["missing"],
    );
  });
});
