import assert from "node:assert/strict";
import { preflight, type KernelAbilities } from "@ebpf-platform/lib/bpf-preflight";

const able: KernelAbilities = {
  kernel: "6.1.0",
  btf: true,
  bpffs: true,
  tracefs: true,
  lsm: "lockdown,capability,bpf",
  programs: Object.fromEntries(
    ["xdp", "lsm", "tracepoint", "kprobe"].map((hook) => [hook, { loads: true, attaches: true }]),
  ),
};

describe("preflight", () => {
  it("says nothing when everything can run", () => {
    const asked = ["xdp", "lsm", "tracepoint"].map((hook) => ({ key: `bpf.programs[${hook}]`, hook }));
    assert.deepEqual(preflight("edge", able, asked), []);
  });

  const cases: [string, Partial<KernelAbilities>, string, RegExp][] = [
    ["no BTF", { btf: false }, "xdp", /no BTF .* CONFIG_DEBUG_INFO_BTF/],
    ["no bpffs", { bpffs: false }, "xdp", /no bpffs .* 'mount -t bpf/],
    ["no tracefs", { tracefs: false }, "tracepoint", /no tracefs .* raw_tp/],
    ["no bpf among the security modules", { lsm: "capability,yama" }, "lsm", /lsm=capability,yama,bpf/],
    [
      "a kind that is refused",
      { lsm: null, programs: { lsm: { loads: false, reason: "Operation not permitted", attaches: true } } },
      "lsm",
      /refuses programs of the kind lsm \(Operation not permitted\)/,
    ],
    [
      "a hook that the kernel was built without",
      {
        programs: {
          kprobe: { loads: true, attaches: false, attachReason: "this kernel was built without CONFIG_X" },
        },
      },
      "kprobe",
      /built without CONFIG_X, so nothing can be attached to the hook kprobe; use another node/,
    ],
    [
      "a target that is not there",
      { targetReason: "this kernel has no tracepoint sched/nothing" },
      "tracepoint",
      /this kernel has no tracepoint sched\/nothing; correct attach\.target/,
    ],
  ];
  for (const [title, change, hook, expected] of cases) {
    it(`names node, kernel and key: ${title}`, () => {
      const [fault, ...more] = preflight("edge", { ...able, ...change }, [
        { key: "bpf.programs[guard]", hook },
      ]);
      assert.deepEqual(more, []);
      assert.match(
        fault!,
        /^Node edge \(kernel 6\.1\.0\) cannot run what the key bpf\.programs\[guard\] asks for: /,
      );
      assert.match(fault!, expected);
    });
  }

  it("reports all faults of all programs together", () => {
    const asked = [
      { key: "a", hook: "xdp" },
      { key: "b", hook: "tracepoint" },
    ];
    assert.equal(preflight("edge", { ...able, btf: false, tracefs: false }, asked).length, 3);
  });
});
