import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import type { TargetAttach } from "@ebpf-platform/lib/config";
import { missing } from "../../support/missing";
import { requireBpf } from "../support/objects";
import { buildFaultyLoader, HOOKS, PrivateNode, type TestProgram } from "./private-node";

/** A program with a symbol table that every machine with these tests has. */
const NODE_BINARY = process.execPath;

describe("the life of a program under ebpf-loader", function () {
  let node: PrivateNode;

  before(function () {
    requireBpf(this);
    buildFaultyLoader();
  });
  beforeEach(async () => {
    node = await PrivateNode.start(buildFaultyLoader());
  });
  afterEach(() => node.stop());

  const apply = (program: TestProgram = {}, ...more: string[]): void => {
    node.must("apply", node.put(program), ...more);
  };

  it("rolls back to the previous version with one update, and forward again", () => {
    apply();
    const first = node.facts("alpha");
    apply({ flags: ["-DVARIANT=1"] });
    node.must("rollback", "alpha");
    const back = node.facts("alpha");
    assert.equal(back.targets[0]?.program?.id, first.targets[0]?.program?.id, "it was still loaded");
    assert.equal(back.version, first.version);
    assert.deepEqual(back.problems, []);
    node.must("rollback", "alpha");
    assert.equal(node.facts("alpha").previous, first.version);
  });

  it("says that there is nothing to roll back to", () => {
    apply();
    assert.match(node.verb(["rollback", "alpha"]).answer.error?.cause ?? "", /no previous version/);
  });

  it("rolls back after a boot by loading the previous files", () => {
    apply();
    const first = node.facts("alpha");
    apply({ flags: ["-DVARIANT=1"] });
    node.run("rm", "-r", "/sys/fs/bpf/ebpf-platform", "/run/ebpf-platform");
    node.must("boot");
    node.must("rollback", "alpha");
    assert.equal(node.facts("alpha").version, first.version);
    assert.deepEqual(node.facts("alpha").problems, []);
  });

  it("attaches every current version at boot, whatever happens to one of them", () => {
    apply({ name: "alpha", slot: 1 });
    apply({ name: "beta", slot: 2 });
    apply({ name: "gamma", slot: 3 });
    node.run("rm", "-r", "/sys/fs/bpf/ebpf-platform", "/run/ebpf-platform");
    node.run("sh", "-c", "echo >> /var/lib/ebpf-platform/bpf/beta/current/prog.bpf.o");
    const { answer } = node.verb(["boot"]);
    assert.match(answer.error?.cause ?? "", /its SHA-256 is/);
    assert.deepEqual(
      (answer.error?.failed as { name: string }[]).map(({ name }) => name),
      ["beta"],
    );
    for (const name of ["alpha", "gamma"]) assert.deepEqual(node.facts(name).problems, []);
  });

  it("removes a program and leaves nothing of it, root included; again is no error", () => {
    apply();
    node.must("remove", "alpha", "--maps");
    assert.equal(node.attachedId(), 0);
    assert.deepEqual(
      node
        .leftovers()
        .filter((path) => path.startsWith("/sys/fs/bpf") || path.startsWith("/var/lib/ebpf-platform/")),
      [],
    );
    node.must("remove", "alpha", "--maps");
  });

  it("keeps the maps unless told, and the next apply finds them", () => {
    apply();
    const { maps } = node.facts("alpha");
    node.must("remove", "alpha");
    assert.equal(node.attachedId(), 0);
    apply();
    assert.deepEqual(node.facts("alpha").maps, maps);
  });

  it("keeps the root while another program is in the chain", () => {
    apply({ name: "alpha", slot: 1 });
    apply({ name: "beta", slot: 2 });
    node.must("remove", "alpha", "--maps");
    assert.deepEqual(node.facts("beta").problems, []);
    assert.notEqual(node.attachedId(), 0);
    node.must("remove", "beta", "--maps");
    assert.equal(node.attachedId(), 0);
  });

  it("detaches its program even when pins and record were removed by hand", () => {
    apply();
    node.run("rm", "-r", "/sys/fs/bpf/ebpf-platform/alpha", "/run/ebpf-platform/bpf/alpha.json");
    node.must("remove", "alpha", "--maps");
    assert.equal(node.attachedId(), 0);
  });

  describe("a swap that nobody confirms", () => {
    const waitFor = async (condition: () => boolean): Promise<void> => {
      const deadline = Date.now() + 45_000;
      while (!condition()) {
        assert.ok(Date.now() < deadline, "the condition did not come true within 45 s");
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    };

    it("goes back to the version before, or off the hook where there is none", async function () {
      this.timeout(120_000);
      apply();
      const first = node.facts("alpha");
      // The window and its grace of 30 s run for both at the same time.
      apply({ flags: ["-DVARIANT=1"] }, "--confirm", "1");
      apply({ name: "beta", slot: 2 }, "--confirm", "1");
      await waitFor(() => node.facts("alpha").version === first.version);
      await waitFor(() => node.facts("beta").version === null);
      assert.equal(node.facts("alpha").targets[0]?.program?.id, first.targets[0]?.program?.id);
      assert.equal(node.facts("alpha").targets[0]?.slots[2], 0);
    });

    it("stays when it is confirmed, and only the attached version can be", () => {
      apply({}, "--confirm", "1");
      const { version } = node.facts("alpha");
      assert.match(
        node.verb(["confirm", "alpha", "000000000000"]).answer.error?.cause ?? "",
        /attached version is/,
      );
      node.must("confirm", "alpha", version!);
      assert.ok(!node.leftovers().some((path) => path.endsWith(".pending")));
    });

    it("is waited for again when the same version is applied again", () => {
      apply({}, "--confirm", "1");
      const again = node.must("apply", node.put({}), "--confirm", "1");
      assert.equal(again.changed, false);
      assert.equal(again.unconfirmed, true);
      node.must("confirm", "alpha", node.facts("alpha").version!);
      assert.equal(node.must("apply", node.put({}), "--confirm", "1").unconfirmed, false);
    });
  });

  describe("hooks other than XDP", () => {
    const hooks: [string, TestProgram["programs"]][] = [
      ["raw_tp", [{ function: "on_raw_tp", attach: { hook: "raw_tp", target: "sched_switch" } }]],
      [
        "tracepoint",
        [{ function: "on_tracepoint", attach: { hook: "tracepoint", target: "sched/sched_switch" } }],
      ],
      ["tc", [{ function: "on_tc", attach: { hook: "tc", interface: "host0", direction: "ingress" } }]],
      ["cgroup", [{ function: "on_cgroup", attach: { hook: "cgroup", target: "/run/cgroup" } }]],
      ["sock_ops", [{ function: "on_sock_ops", attach: { hook: "sock_ops", target: "/run/cgroup" } }]],
      ["kprobe", [{ function: "on_kprobe", attach: { hook: "kprobe", target: "vfs_read" } }]],
      ["uprobe", [{ function: "on_uprobe", attach: { hook: "uprobe", target: `${NODE_BINARY}:main` } }]],
    ];
    const mountCgroup = (): void => {
      node.run("mkdir", "/run/cgroup");
      node.run("mount", "-t", "cgroup2", "cgroup2", "/run/cgroup");
    };
    for (const [hook, programs] of hooks) {
      it(`${hook}: attaches, swaps, is found, rolls back and goes`, function () {
        // What this machine's kernel was built without is named, not failed.
        if (hook === "kprobe" && !existsSync("/sys/bus/event_source/devices/kprobe"))
          missing(this, "CONFIG_KPROBE_EVENTS");
        if (hook === "tracepoint") {
          if (!readFileSync("/proc/filesystems", "utf8").includes("tracefs")) missing(this, "tracefs");
          node.run("mount", "-t", "tracefs", "tracefs", "/sys/kernel/tracing");
        }
        if (hook === "uprobe" && !existsSync("/sys/bus/event_source/devices/uprobe"))
          missing(this, "CONFIG_UPROBE_EVENTS");
        if (hook === "cgroup" || hook === "sock_ops") mountCgroup();
        const first = { source: HOOKS, programs: programs! };
        apply(first);
        const before = node.facts("alpha");
        assert.deepEqual(before.problems, []);
        apply({ ...first, flags: ["-DVARIANT=1"] });
        const after = node.facts("alpha");
        assert.deepEqual(after.problems, []);
        assert.notEqual(after.targets[0]?.program?.id, before.targets[0]?.program?.id);
        const { answer } = node.verb(["rollback", "alpha"]);
        assert.deepEqual(answer.error, undefined);
        node.run("sh", "-c", "rm /sys/fs/bpf/ebpf-platform/alpha/link_*");
        assert.ok(node.facts("alpha").problems.some(({ kind }) => kind === "missing"));
        node.must("remove", "alpha", "--maps");
        assert.deepEqual(
          node.leftovers().filter((path) => path.startsWith("/sys/fs/bpf")),
          [],
        );
      });
    }

    it("tc: a deleted interface is found, and attached to again when it is back", () => {
      const programs: TestProgram["programs"] = [
        { function: "on_tc", attach: { hook: "tc", interface: "host0", direction: "egress" } },
      ];
      apply({ source: HOOKS, programs });
      node.run("ip", "link", "del", "host0");
      assert.deepEqual(
        node.facts("alpha").problems.map(({ kind }) => kind),
        ["no-interface"],
      );
      node.run("ip", "link", "add", "host0", "type", "veth", "peer", "name", "peer1");
      assert.deepEqual(
        node.facts("alpha").problems.map(({ detail }) => detail),
        ["on_tc is no longer attached to host0"],
      );
      apply({ source: HOOKS, programs });
      assert.deepEqual(node.facts("alpha").problems, []);
    });

    it("cgroup: one that was deleted and made again is not the same", () => {
      mountCgroup();
      const place = `/run/cgroup/ebpf-test-${String(process.pid)}`;
      const programs: TestProgram["programs"] = [
        { function: "on_cgroup", attach: { hook: "cgroup", target: place } },
      ];
      node.run("mkdir", place);
      try {
        apply({ source: HOOKS, programs });
        node.run("rmdir", place);
        node.run("mkdir", place);
        assert.deepEqual(
          node.facts("alpha").problems.map(({ detail }) => detail),
          [`on_cgroup is no longer attached to ${place}`],
        );
        apply({ source: HOOKS, programs });
        assert.deepEqual(node.facts("alpha").problems, []);
      } finally {
        node.run("rmdir", place);
      }
    });

    const absent: [string, { function: string; attach: TargetAttach }, RegExp][] = [
      [
        "a raw tracepoint",
        { function: "on_raw_tp", attach: { hook: "raw_tp", target: "sched_nothing" } },
        /^this kernel has no tracepoint sched_nothing$/,
      ],
      [
        "a binary",
        { function: "on_uprobe", attach: { hook: "uprobe", target: "/no/such:main" } },
        /^there is no file \/no\/such$/,
      ],
      [
        "a folder that is no cgroup",
        { function: "on_sock_ops", attach: { hook: "sock_ops", target: "/run" } },
        /^\/run is no folder of a cgroup2 file system$/,
      ],
      [
        "a tracepoint without tracefs",
        { function: "on_tracepoint", attach: { hook: "tracepoint", target: "sched/sched_switch" } },
        /^no tracefs is mounted at \/sys\/kernel\/tracing$/,
      ],
    ];
    for (const [what, program, cause] of absent) {
      it(`names what is not there, and leaves nothing: ${what}`, function () {
        if (what.startsWith("a tracepoint") && existsSync("/sys/kernel/tracing/events"))
          missing(this, "a machine without tracefs");
        const { error } = node.apply({ source: HOOKS, programs: [program] });
        assert.match(error?.cause ?? "", cause);
        assert.ok(!node.leftovers().some((path) => path.startsWith("/sys/fs/bpf/")));
        const { hook, target } = program.attach;
        const probe = node.verb(["probe", hook, target]).answer;
        assert.match(String(probe.targetReason), cause, "the preflight asks the same");
      });
    }

    it("lsm: refused with the reason where this kernel cannot carry it", () => {
      const lsm = node.verb(["probe"]).answer as unknown as { lsm: string | null };
      const { error } = node.apply({
        source: HOOKS,
        programs: [{ function: "on_lsm", attach: { hook: "lsm" } }],
      });
      if (lsm.lsm?.includes("bpf")) return;
      assert.match(error?.what ?? "", /^Attaching on_lsm to lsm/);
      assert.match(error?.cause ?? "", /lsm/);
    });
  });
});
