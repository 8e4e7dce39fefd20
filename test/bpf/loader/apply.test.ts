import assert from "node:assert/strict";
import { requireBpf, buildObject } from "../support/objects";
import { buildFaultyLoader, PrivateNode, STRANGER, type Facts } from "./private-node";
import { EXPERIMENTAL_FRAME } from "@ebpf-platform/lib/bpf-manifest";

describe("ebpf-loader apply", function () {
  let node: PrivateNode;

  before(function () {
    requireBpf(this);
    buildFaultyLoader();
  });
  beforeEach(async () => {
    node = await PrivateNode.start(buildFaultyLoader());
  });
  afterEach(() => node.stop());

  const applied = (answer: unknown): Facts & { changed: boolean } => {
    const { error } = answer as { error?: unknown };
    assert.equal(error, undefined, JSON.stringify(error));
    return answer as Facts & { changed: boolean };
  };

  it("attaches behind the root and reports what it did", () => {
    const facts = applied(node.apply({ smoke: [EXPERIMENTAL_FRAME] }));
    assert.equal(facts.changed, true);
    assert.deepEqual(facts.problems, []);
    const [target] = facts.targets;
    assert.ok(target?.program);
    assert.equal(target.mode, "native");
    assert.equal(target.slots[1], target.program.id);
    assert.ok(target.program.verifiedInsns > 0 && target.program.jitedBytes > 0);
    assert.notEqual(node.attachedId(), 0);
    assert.notEqual(node.attachedId(), target.program.id, "the root is attached, not the program");
  });

  it("changes nothing when the version runs already", () => {
    const first = applied(node.apply());
    const second = applied(node.apply());
    assert.equal(second.changed, false);
    assert.equal(second.targets[0]?.program?.id, first.targets[0]?.program?.id);
  });

  it("swaps by the slot alone: link and root stay, the old version stays loaded", () => {
    const first = applied(node.apply());
    const second = applied(node.apply({ flags: ["-DVARIANT=1"] }));
    assert.equal(second.targets[0]?.linkId, first.targets[0]?.linkId);
    assert.equal(second.previous, first.version);
    assert.notEqual(second.targets[0]?.program?.id, first.targets[0]?.program?.id);
    assert.ok(second.pins.includes(`v_${first.version!}/prog_counter`));
  });

  it("keeps two versions: an older one than the previous goes", () => {
    const first = applied(node.apply());
    applied(node.apply({ flags: ["-DVARIANT=1"] }));
    const third = applied(node.apply({ flags: ["-DVARIANT=2"] }));
    assert.ok(!third.pins.some((pin) => pin.includes(first.version!)));
    assert.ok(!node.leftovers().some((path) => path.includes(first.version!)));
  });

  it("moves to another slot and leaves the old one empty", () => {
    applied(node.apply({ slot: 1 }));
    const [target] = applied(node.apply({ slot: 3 })).targets;
    assert.deepEqual([target?.slots[1], target?.slots[3]], [0, target?.program?.id]);
  });

  it("puts programs of one interface one after the other", () => {
    const first = applied(node.apply({ name: "alpha", slot: 1 }));
    const second = applied(node.apply({ name: "beta", slot: 2 }));
    assert.deepEqual(second.targets[0]?.slots.slice(0, 4), [
      0,
      first.targets[0]?.program?.id,
      second.targets[0]?.program?.id,
      0,
    ]);
  });

  it("accepts an interface with a dot in its name", () => {
    node.run("ip", "link", "add", "host0.7", "type", "veth", "peer", "name", "peer7");
    const facts = applied(node.apply({ interface: "host0.7", mode: "generic" }));
    assert.equal(facts.targets[0]?.mode, "generic");
    node.must("remove", "alpha", "--maps");
    assert.ok(!node.leftovers().some((path) => path.startsWith("/sys/fs/bpf/")));
  });

  it("refuses a slot that another program of ours holds, and names it", () => {
    applied(node.apply({ name: "alpha" }));
    const { error } = node.apply({ name: "beta" });
    assert.match(error?.cause ?? "", /holds the program alpha: 'counter' \(id \d+\)/);
    assert.deepEqual(node.facts("alpha").problems, []);
  });

  describe("before the swap, a failure leaves the old version attached and nothing behind", () => {
    const failures: [string, Parameters<PrivateNode["apply"]>[0], RegExp, RegExp][] = [
      [
        "a wrong SHA-256",
        { flags: ["-DVARIANT=1"], sha256: "0".repeat(64) },
        /its SHA-256 is/,
        /send the object/,
      ],
      [
        "a missing interface",
        { interface: "eth9" },
        /this node has only .*host0/,
        /correct attach\.interface/,
      ],
      [
        "a program the verifier rejects",
        { flags: ["-DREJECTED"] },
        /outside of the packet/,
        /correct the source/,
      ],
      ["an unknown constant", { constants: { stepp: 2 } }, /only .*step/, /const volatile/],
      ["a constant that does not fit", { constants: { bias: 200 } }, /-128 to 127/, /correct constants/],
      [
        "a map of another size",
        { flags: ["-DENTRIES=4096"] },
        /max_entries: pinned 1024, object 4096/,
        /recreate/,
      ],
      ["a map with a wider value", { flags: ["-DWIDE"] }, /value size: pinned 8, object 16/, /recreate/],
      ["a map with other fields", { flags: ["-DRENAMED"] }, /value type: .*packets.*frames/s, /recreate/],
      [
        "a policy for a map that is not there",
        { flags: ["-DVARIANT=1"], maps: { cuonts: "keep" } },
        /names no map/,
        /correct maps/,
      ],
      [
        "a smoke packet that is dropped",
        { flags: ["-DDROPS"], smoke: [EXPERIMENTAL_FRAME] },
        /XDP_DROP, expected XDP_PASS/,
        /still is/,
      ],
      [
        "an object without a chain",
        {
          source: STRANGER,
          programs: [
            { function: "stranger", attach: { hook: "xdp", interface: "host0", slot: 1, mode: "native" } },
          ],
        },
        /no map named chain/,
        /next_slot/,
      ],
      [
        "a function that is not there",
        {
          programs: [
            { function: "cuonter", attach: { hook: "xdp", interface: "host0", slot: 1, mode: "native" } },
          ],
        },
        /no function cuonter, only counter/,
        /function/,
      ],
      [
        "another mode on the same interface",
        { mode: "generic", flags: ["-DVARIANT=1"] },
        /runs in native mode/,
        /same mode/,
      ],
    ];
    for (const [title, program, cause, remedy] of failures) {
      it(title, () => {
        const before = applied(node.apply());
        const { error } = node.apply(program);
        assert.match(error?.cause ?? "", cause);
        assert.match(error?.remedy ?? "", remedy);
        const after = node.facts("alpha");
        assert.deepEqual(after.problems, []);
        assert.equal(after.targets[0]?.program?.id, before.targets[0]?.program?.id);
        assert.deepEqual(after.pins, before.pins);
      });
    }
  });

  it("shows the verifier's reason, the source line and a bounded log", () => {
    const { error } = node.apply({ flags: ["-DREJECTED"] });
    assert.match(String(error?.sourceLine), /data \+ 20.* @ counter\.bpf\.c:\d+/);
    assert.match(error?.cause ?? "", /R\d+ offset is outside of the packet, at: /);
    assert.ok(String(error?.verifierLog).length < 9000);
    assert.deepEqual(
      node.leftovers().filter((path) => path.startsWith("/sys/")),
      [],
    );
    assert.equal(node.attachedId(), 0);
  });

  describe("a foreign program on the hook", () => {
    const stranger = "/sys/fs/bpf/stranger";
    const attachStranger = (): number => {
      node.run("bpftool", "prog", "load", buildObject(STRANGER), stranger, "type", "xdp");
      node.run("bpftool", "net", "attach", "xdpdrv", "pinned", stranger, "dev", "host0");
      return node.attachedId();
    };

    it("is an error that names it", () => {
      const id = attachStranger();
      const { error } = node.apply();
      assert.equal(error?.cause, `the foreign program 'stranger' (id ${String(id)}) is attached there`);
      assert.deepEqual(error.foreign, { id, name: "stranger" });
      assert.equal(node.attachedId(), id);
      assert.deepEqual(
        node.leftovers().filter((path) => path.startsWith("/sys/")),
        [],
      );
    });

    it("is replaced with takeover", () => {
      const id = attachStranger();
      const facts = applied(node.apply({ takeover: true }));
      assert.deepEqual(facts.problems, []);
      assert.notEqual(node.attachedId(), id);
    });
  });

  it("says that there is no bpffs and how to get one", () => {
    // Over it, not away: this machine may have one of its own below.
    node.run("mount", "-t", "tmpfs", "tmpfs", "/sys/fs/bpf");
    const { error } = node.apply();
    assert.equal(error?.cause, "no bpffs is mounted there");
    assert.match(error.remedy, /mount -t bpf bpf \/sys\/fs\/bpf/);
    assert.equal(node.facts("alpha").problems[0]?.kind, "no-bpffs");
  });
});
