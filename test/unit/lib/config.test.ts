import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, parseConfig, problemLine, readStackFile } from "../../../lib/src/config";
import { stageViolations } from "../../../lib/src/stage";

const fixtures = join(__dirname, "..", "..", "fixtures");

/** The cases of a folder: the config, and the errors that the comments at its head foretell. */
function cases(folder: string): { name: string; text: string; errors: string[] }[] {
  return readdirSync(join(fixtures, folder)).map((name) => {
    const text = readFileSync(join(fixtures, folder, name), "utf8");
    const errors = [...text.matchAll(/^# error: (.*)$/gm)].map((match) => match[1] ?? "");
    return { name, text, errors };
  });
}

function problemsOf(text: string): string[] {
  try {
    parseConfig(readStackFile(text), "test");
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.problems.map(problemLine);
  }
  return [];
}

describe("config fixtures", () => {
  for (const { name, text } of cases("valid")) {
    it(`accepts ${name}`, () => {
      const config = parseConfig(readStackFile(text), "test");
      assert.deepEqual(stageViolations(config), []);
    });
  }
  for (const { name, text, errors } of cases("invalid")) {
    it(`refuses ${name} with exactly its errors`, () => {
      assert.notEqual(errors.length, 0, `${name} foretells no error`);
      assert.deepEqual(problemsOf(text), errors);
    });
  }
  for (const { name, text, errors } of cases("lax")) {
    it(`finds ${name} laxer than its stage`, () => {
      assert.notEqual(errors.length, 0, `${name} foretells no error`);
      assert.deepEqual(stageViolations(parseConfig(readStackFile(text), "test")), errors);
    });
  }
});

describe("parseConfig", () => {
  const lab = {
    stage: "lab",
    release: "workspace",
    network: { cidr: "198.18.10.0/24" },
    nodes: [{ name: "edge", role: "edge", driver: "nspawn", address: "198.18.10.10" }],
  };

  it("fills in defaults", () => {
    assert.deepEqual(parseConfig(lab, "t-1"), {
      stack: "t-1",
      stage: "lab",
      release: "workspace",
      network: { cidr: "198.18.10.0/24", bridge: "ebp-t-1", vipCidrs: [] },
      ssh: { user: "root" },
      nodes: [
        {
          ...{ name: "edge", role: "edge", driver: "nspawn", address: "198.18.10.10" },
          ...{ services: [], labels: {}, taints: [] },
        },
      ],
      hypervisor: {
        uri: "qemu:///system",
        folder: "/var/lib/ebpf-platform/vm",
        accel: "auto",
        network: "nat",
        dns: [],
        reach: "direct",
      },
      preparation: { nodes: "auto", lsm: "keep", hardening: true, aptLockSeconds: 300 },
      bpf: { build: "once", mode: "audit", programs: [], guards: [], lsm: [] },
      cluster: { kind: "none" },
      platform: {
        tetragon: "off",
        falco: "off",
        networkPolicy: "off",
        wireguard: false,
        vault: "off",
        vaultInjection: false,
        observability: "off",
        gatekeeper: "off",
        externalSecrets: false,
        argocd: false,
      },
      tetragon: { hooks: "kprobe" },
      charts: { profile: "small", values: {} },
      secrets: [],
    });
  });

  it("gives a k3s cluster Cilium, and an existing one where it is asked for", () => {
    const nodes = [{ name: "a", role: "server", driver: "libvirt", address: "198.18.10.10" }];
    const k3s = { ...lab, stage: "dev", cluster: { kind: "k3s" }, nodes };
    assert.deepEqual(parseConfig(k3s, "t").cilium, {
      apiServer: "127.0.0.1:6444",
      podCidr: "10.42.0.0/16",
      loadBalancerMode: "hybrid",
      acceleration: "disabled",
      pools: [],
      announce: "none",
      maps: {},
      nodeConfigs: [],
      policies: [],
      preflight: false,
    });
    assert.equal(
      parseConfig({ ...k3s, platform: { wireguard: true } }, "t").cilium?.loadBalancerMode,
      "snat",
    );
    const existing = {
      ...lab,
      cluster: { kind: "existing", kubeconfigSecret: "kube" },
      secrets: ["kube"],
      nodes: [],
    };
    assert.equal(parseConfig(existing, "t").cilium, undefined);
    const cilium = { apiServer: "api.example:6443", podCidr: "10.1.0.0/16" };
    assert.equal(parseConfig({ ...existing, cilium }, "t").cilium?.podCidr, "10.1.0.0/16");
  });

  it("gives machines the size of their profile and role", () => {
    const node = { driver: "libvirt", address: "198.18.10.10" };
    const sizes = [
      { ...node, name: "a", role: "server" },
      { ...node, name: "b", role: "agent", address: "198.18.10.11" },
      { ...node, name: "c", role: "server", address: "198.18.10.12", profile: "small", diskGiB: 30 },
      { ...node, name: "d", role: "server", address: "198.18.10.13", cpu: 8 },
    ];
    const { nodes } = parseConfig({ ...lab, stage: "dev", cluster: { kind: "k3s" }, nodes: sizes }, "t");
    assert.deepEqual(
      nodes.map((each) => each.driver === "libvirt" && [each.cpu, each.memoryMiB, each.diskGiB]),
      [
        [4, 8192, 20],
        [4, 16_384, 40],
        [2, 2048, 30],
        [8, 8192, 20],
      ],
    );
  });

  it("takes an empty load balancer for none, because the engine has no optional keys", () => {
    assert.equal(parseConfig({ ...lab, loadBalancer: {} }, "t").loadBalancer, undefined);
  });

  it("freezes everything", () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== "object" ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    assert.ok(frozen(parseConfig(lab, "t")));
  });

  it("asks for a bridge where the stack's name makes none", () => {
    assert.throws(
      () => parseConfig(lab, "t-a-long-name"),
      /network\.bridge: found nothing; the default ebp-t-a-long-name is longer than 15 characters/,
    );
  });

  it("names stack and file, and counts the problems", () => {
    assert.throws(
      () => parseConfig({ ...lab, stage: "x", release: "y" }, "t"),
      /^ConfigError: The config of stack t \(Pulumi\.t\.yaml\) has 2 problems:\n {2}- stage: .*\n {2}- release: .*$/,
    );
  });
});

describe("readStackFile", () => {
  it("strips the namespace, leaves other namespaces out and keeps only the names of secrets", () => {
    const text = `
encryptionsalt: v1:abc
config:
  ebpf-platform:stage: lab
  pulumi:disable-default-providers: ["*"]
  ebpf-platform:secrets: { gateway: { secure: v1:x:y } }
`;
    assert.deepEqual(readStackFile(text), { stage: "lab", secrets: ["gateway"] });
  });

  const refused: [string, string, RegExp][] = [
    [
      "a secret elsewhere",
      "config: { ebpf-platform:nodes: [{ name: { secure: v1:x } }] }",
      /nodes\[0\]\.name is encrypted/,
    ],
    ["a secret in clear", "config: { ebpf-platform:secrets: { key: abc } }", /secrets\.key stands in clear/],
    [
      "secrets without names",
      "config: { ebpf-platform:secrets: { secure: v1:x } }",
      /secrets hides its names/,
    ],
    [
      "a key without namespace",
      "config: { stage: lab }",
      /stage has no namespace \(write ebpf-platform:stage\)/,
    ],
    ["a text", "hello", /no table with a key config/],
  ];
  for (const [what, text, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readStackFile(text), message);
    });
  }
});
