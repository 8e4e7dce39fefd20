import assert from "node:assert/strict";
import { parseConfig, type PlatformConfig } from "@ebpf-platform/lib/config";
import {
  BPF_SYSCTLS,
  buildPackages,
  CIS_SYSCTLS,
  dropInDigest,
  KERNEL_FEATURES,
  KERNEL_OPTIONS,
  KUBELET_SYSCTLS,
  lsmLine,
  missingOptions,
  parseFacts,
  PREPARED,
  preparationPlan,
  preparationReport,
  preparationStatus,
  refusals,
  renderSysctls,
  type PreparationPlan,
} from "@ebpf-platform/lib/node-preparation";
import { sysctlFile } from "@ebpf-platform/lib/k3s";
import fc from "fast-check";

const dev = (changes: Record<string, unknown> = {}): PlatformConfig =>
  parseConfig(
    {
      stage: "dev",
      release: "workspace",
      network: { cidr: "10.18.20.0/24" },
      nodes: [
        { name: "cp", role: "server", driver: "libvirt", address: "10.18.20.10" },
        { name: "dp", role: "agent", driver: "libvirt", address: "10.18.20.20" },
        { name: "lb", role: "edge", driver: "libvirt", address: "10.18.20.30" },
      ],
      cluster: { kind: "k3s" },
      ...changes,
    },
    "dev",
  );
const planOf = (config: PlatformConfig, name: string): PreparationPlan | undefined => {
  const node = config.nodes.find((each) => each.name === name);
  assert.ok(node);
  return preparationPlan(config, node);
};

const plan: PreparationPlan = {
  sysctls: BPF_SYSCTLS,
  toolchain: false,
  lsm: false,
  wireguard: false,
  features: ["bpf"],
  aptLockSeconds: 300,
};
const good = [
  "kernel 6.1.0-28-amd64",
  "os debian 12",
  "boot 0a1b",
  "container none",
  "bpffs 1",
  "cgroup2 1",
  "btf yes",
  "lsm lockdown,capability,yama,apparmor",
  "grub yes",
  "wireguard yes",
  `drop-in ${dropInDigest(plan)}`,
  "sysctl net.core.bpf_jit_enable rw 1",
  "sysctl kernel.unprivileged_bpf_disabled rw 1",
  "config /boot/config-6.1.0-28-amd64",
  ...KERNEL_OPTIONS.map(({ option }) => `option ${option} y`),
];
const factsWith = (...changed: string[]) => {
  const kinds = changed.map((line) =>
    line
      .split(" ")
      .slice(0, line.startsWith("sysctl") || line.startsWith("option") ? 2 : 1)
      .join(" "),
  );
  const kept = good.filter((line) => !kinds.some((kind) => line.startsWith(`${kind} `)));
  return parseFacts("n", [...kept, ...changed].join("\n"));
};

describe("preparationPlan", () => {
  it("prepares the Kubernetes nodes of a k3s cluster, and leaves others as they are", () => {
    const server = planOf(dev(), "cp");
    assert.deepEqual(server?.sysctls, { ...BPF_SYSCTLS, ...KUBELET_SYSCTLS, ...CIS_SYSCTLS });
    assert.deepEqual(server?.features, ["bpf", "cgroup", "cilium", "kubernetes", "tc"]);
    assert.equal(planOf(dev(), "lb"), undefined);
    assert.deepEqual(
      planOf(dev({ preparation: { nodes: "all", hardening: false } }), "lb")?.sysctls,
      BPF_SYSCTLS,
    );
    assert.equal(planOf(dev({ preparation: { nodes: "none" } }), "cp"), undefined);
  });

  it("asks for a toolchain only where a node builds, and for what its hooks stand on", () => {
    const config = dev({
      bpf: {
        build: "node",
        programs: [
          { name: "flow", source: "tc_flow", node: "lb", attach: { hook: "tc", interface: "eth0" } },
        ],
      },
    });
    assert.deepEqual(
      [planOf(config, "lb")?.toolchain, planOf(config, "lb")?.features],
      [true, ["bpf", "btf", "tc"]],
    );
    assert.equal(planOf(config, "cp")?.toolchain, false);
  });

  it("follows WireGuard, Tetragon and the boot line", () => {
    const config = dev({
      platform: { wireguard: true, tetragon: "audit" },
      cilium: { loadBalancerMode: "snat" },
      tetragon: { hooks: "lsm" },
      preparation: { lsm: "bpf" },
    });
    const agent = planOf(config, "dp");
    assert.deepEqual([agent?.wireguard, agent?.lsm], [true, true]);
    for (const feature of ["lsm", "tetragon", "tracing", "wireguard"] as const)
      assert.ok(agent?.features.includes(feature), feature);
    assert.deepEqual(planOf(config, "lb")?.features, ["bpf", "lsm"]);
  });
});

describe("facts of a node", () => {
  it("are read from the script's lines", () => {
    const facts = factsWith("sysctl net.core.bpf_jit_enable ro 0", "missing clang", "missing llvm", "lsm ");
    assert.deepEqual(facts.sysctls["net.core.bpf_jit_enable"], { value: "0", writable: false });
    assert.deepEqual([facts.missingPackages, facts.lsm], [["clang", "llvm"], []]);
    assert.deepEqual(facts.distribution, { id: "debian", version: "12" });
  });

  it("that are not complete are an error with the node's name", () => {
    assert.throws(() => parseFacts("edge", "kernel 6.1"), /^Error: Node edge did not say its os; /);
  });
});

describe("a node that is compared with its plan", () => {
  it("is prepared when everything is as wanted, and only then", () => {
    assert.equal(preparationStatus(plan, factsWith()), PREPARED);
    assert.deepEqual(refusals("n", plan, factsWith()), []);
    assert.deepEqual(preparationReport("n", plan, factsWith()), []);
    const deviations: [string, RegExp][] = [
      ["sysctl net.core.bpf_jit_enable rw 0", /^net\.core\.bpf_jit_enable is 0, not 1$/],
      ["drop-in ", /^the file of the sysctls is not ours$/],
      ["bpffs 0", /^no bpffs is mounted/],
      ["missing clang", /^not installed: clang$/],
    ];
    for (const [line, said] of deviations) assert.match(preparationStatus(plan, factsWith(line)), said);
  });

  it("has what it cannot set in its report, never in its drift", () => {
    const facts = factsWith("sysctl net.core.bpf_jit_enable ro 0", "container systemd-nspawn");
    assert.equal(preparationStatus(plan, facts), PREPARED);
    assert.deepEqual(preparationReport("n", plan, facts), [
      "Node n cannot set net.core.bpf_jit_enable, which is 0 and wanted as 1: in a container (systemd-nspawn) its host decides.",
    ]);
  });

  const refused: [string, Partial<PreparationPlan>, string[], RegExp][] = [
    [
      "an unknown distribution",
      { toolchain: true },
      ["os arch rolling"],
      /runs arch rolling, .* bpf\.build once\.$/,
    ],
    ["two bpffs", {}, ["bpffs 2"], /2 file systems mounted over each other/],
    ["no cgroup2", {}, ["cgroup2 0"], /systemd\.unified_cgroup_hierarchy=1/],
    ["no WireGuard", { wireguard: true }, ["wireguard no"], /platform\.wireguard/],
    ["no GRUB", { lsm: true }, ["grub no"], /boot it with lsm=lockdown,yama,apparmor,bpf, then repeat/],
    [
      "a container's boot line",
      { lsm: true },
      ["container docker"],
      /boot the host with lsm=lockdown,yama,apparmor,bpf/,
    ],
    ["security modules that are not told", { lsm: true }, ["lsm "], /mount securityfs/],
    [
      "an option that is asked for",
      {},
      ["option CONFIG_BPF_JIT n"],
      /lacks CONFIG_BPF_JIT, .*which the config asks for\.$/,
    ],
  ];
  for (const [name, changes, lines, said] of refused) {
    it(`is refused for ${name}, with the way out`, () => {
      const [first = "", ...more] = refusals("n", { ...plan, ...changes }, factsWith(...lines));
      assert.match(first, said);
      assert.match(first, /^Node n \(kernel 6\.1\.0-28-amd64\) /);
      assert.deepEqual(more, []);
    });
  }

  it("keeps its boot line where bpf is in force already", () => {
    const facts = factsWith("lsm capability,bpf", "grub no", "container lxc");
    assert.deepEqual(refusals("n", { ...plan, lsm: true }, facts), []);
  });
});

describe("kernel options", () => {
  it("are each reported once, those that are asked for first, and modules count", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("y", "m", "n"), {
          minLength: KERNEL_OPTIONS.length,
          maxLength: KERNEL_OPTIONS.length,
        }),
        fc.subarray([...KERNEL_FEATURES]),
        (values, needs) => {
          const of = Object.fromEntries(
            KERNEL_OPTIONS.map(({ option }, index) => [option, values[index] ?? "n"]),
          );
          const missing = missingOptions(of, needs);
          assert.deepEqual(
            missing.map(({ option }) => option).sort(),
            Object.keys(of)
              .filter((option) => of[option] === "n")
              .sort(),
          );
          const firstOther = missing.findIndex(({ needed }) => !needed);
          assert.ok(firstOther < 0 || missing.slice(firstOther).every(({ needed }) => !needed));
          for (const { feature, needed } of missing) assert.equal(needed, needs.includes(feature));
        },
      ),
    );
  });

  it("have unique names, and every feature has one", () => {
    const names = KERNEL_OPTIONS.map(({ option }) => option);
    assert.equal(new Set(names).size, names.length);
    for (const feature of KERNEL_FEATURES)
      assert.ok(
        KERNEL_OPTIONS.some((each) => each.feature === feature),
        feature,
      );
  });
});

describe("what a node gets", () => {
  it("is what k3s' own file of sysctls says, so that neither undoes the other", () => {
    const all = { ...BPF_SYSCTLS, ...KUBELET_SYSCTLS, ...CIS_SYSCTLS };
    for (const line of sysctlFile().trim().split("\n")) {
      const [name = "", value] = line.split("=");
      assert.equal(all[name], value, name);
    }
  });

  it("are packages by its distribution's names, and headers only without BTF", () => {
    const kernel = "6.8.0-49-generic";
    assert.deepEqual(buildPackages({ id: "ubuntu", version: "24.04" }, { kernel, btf: true }), [
      "clang",
      "llvm",
      "libbpf-dev",
      "libelf-dev",
      "zlib1g-dev",
      "linux-tools-common",
      "linux-tools-6.8.0-49-generic",
    ]);
    for (const version of ["12", "13"]) {
      const found = buildPackages({ id: "debian", version }, { kernel: "6.1", btf: false });
      assert.ok(found?.includes("bpftool") && found.includes("linux-headers-6.1"));
    }
    assert.equal(buildPackages({ id: "debian", version: "10" }, { kernel, btf: true }), undefined);
  });

  it("is a drop-in with one setting a line, the same for the same settings in any order", () => {
    const names = fc.dictionary(fc.stringMatching(/^[a-z]+\.[a-z_]+$/), fc.stringMatching(/^[0-9]+$/));
    fc.assert(
      fc.property(names, (sysctls) => {
        const turned = Object.fromEntries(Object.entries(sysctls).reverse());
        assert.equal(renderSysctls(turned), renderSysctls(sysctls));
        assert.equal(renderSysctls(sysctls).trim().split("\n").length, Object.keys(sysctls).length + 1);
      }),
    );
  });

  it("is a boot line with bpf once and last, without capability, whatever is in force", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom("capability", "bpf", "yama", "apparmor", "landlock")),
        (lsm) => {
          const line = lsmLine({ lsm });
          assert.equal(line.at(-1), "bpf");
          assert.equal(line.filter((name) => name === "bpf").length, 1);
          assert.deepEqual(
            line.slice(0, -1),
            lsm.filter((name) => name !== "bpf" && name !== "capability"),
          );
        },
      ),
    );
  });
});
