import assert from "node:assert/strict";
import fc from "fast-check";
import {
  agentVersionFault,
  compareK3sVersions,
  kubeletMaySet,
  parseK3sVersion,
  parseTaint,
  parseToken,
  secureToken,
  splitLabels,
} from "../../../../lib/src/k3s";

const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const password = fc.stringMatching(/^[A-Za-z0-9_-]{8,40}$/);
const version = fc.record({
  major: fc.constant(1),
  minor: fc.nat(60),
  patch: fc.nat(30),
  build: fc.integer({ min: 1, max: 9 }),
});
const written = ({
  major,
  minor,
  patch,
  build,
}: {
  major: number;
  minor: number;
  patch: number;
  build: number;
}) => `v${String(major)}.${String(minor)}.${String(patch)}+k3s${String(build)}`;

describe("tokens of k3s", () => {
  it("are read back as they were made", () => {
    fc.assert(
      fc.property(
        hash,
        fc.constantFrom("server" as const, "node" as const),
        password,
        (caHash, user, secret) => {
          const token = `${secureToken(caHash, user, secret)}\n`;
          assert.deepEqual(parseToken(token), { caHash, user, password: secret });
        },
      ),
    );
  });

  it("are refused in forms that k3s refuses, without being shown", () => {
    const cases: [string, RegExp][] = [
      ["", /is empty/],
      ["abcdef.0123456789abcdef", /bootstrap token/],
      [`K10${"a".repeat(64)}::abcdef.0123456789abcdef`, /bootstrap token/],
      [`K10${"a".repeat(63)}::server:hidden-word`, /is not K10<64 hex digits>/],
      [`K10${"a".repeat(64)}::hidden-word`, /is not K10<64 hex digits>/],
    ];
    for (const [token, words] of cases) {
      assert.throws(
        () => parseToken(token),
        (error: Error) => words.test(error.message) && !/hidden-word|0123456789abcdef/.test(error.message),
      );
    }
    assert.deepEqual(parseToken("only-a-password"), {
      caHash: undefined,
      user: "",
      password: "only-a-password",
    });
    assert.throws(() => secureToken("short", "node", "p"), /64 hex digits/);
  });
});

describe("versions of k3s", () => {
  it("are compared as numbers, the build last", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        assert.deepEqual(parseK3sVersion(written(a)), { ...a });
        assert.equal(Math.sign(compareK3sVersions(a, b)), -Math.sign(compareK3sVersions(b, a)) + 0);
        assert.equal(compareK3sVersions(a, b) === 0, written(a) === written(b));
      }),
    );
    for (const text of ["v1.34", "stable", "v1.34.9", "v1.34.9-rc1+k3s1", "1.34.9+k3s1"])
      assert.equal(parseK3sVersion(text), undefined, text);
  });

  it("let no agent be newer than its servers, or more than three minors older", () => {
    fc.assert(
      fc.property(version, version, (agent, server) => {
        const skew = server.minor - agent.minor;
        const fine = compareK3sVersions(agent, server) <= 0 && skew <= 3;
        assert.equal(agentVersionFault(written(agent), written(server)) === undefined, fine);
      }),
    );
    assert.match(
      agentVersionFault("v1.35.0+k3s1", "v1.34.9+k3s1") ?? "",
      /newer than the servers'.*upgrade the servers first/,
    );
    assert.match(agentVersionFault("stable", "v1.34.9+k3s1") ?? "", /is no version like/);
  });
});

describe("labels and taints of nodes", () => {
  it("are set by the kubelet only where it may", () => {
    for (const label of [
      "tier",
      "example.com/rack",
      "node.kubernetes.io/instance-type",
      "topology.kubernetes.io/zone",
    ])
      assert.ok(kubeletMaySet(label), label);
    for (const label of ["node-role.kubernetes.io/worker", "kubernetes.io/made-up", "foo.k8s.io/x"])
      assert.ok(!kubeletMaySet(label), label);
    assert.deepEqual(splitLabels({ tier: "data", "node-role.kubernetes.io/worker": "true" }), {
      self: { tier: "data" },
      api: { "node-role.kubernetes.io/worker": "true" },
    });
  });

  it("are read by their parts", () => {
    assert.deepEqual(parseTaint("edge=yes:NoSchedule"), { key: "edge", value: "yes", effect: "NoSchedule" });
    assert.deepEqual(parseTaint("edge:NoExecute"), { key: "edge", value: "", effect: "NoExecute" });
    for (const text of ["edge", "edge=yes", "edge=yes:Never", "=yes:NoSchedule"])
      assert.equal(parseTaint(text), undefined, text);
  });
});
