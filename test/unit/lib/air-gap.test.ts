import assert from "node:assert/strict";
import { parseConfig, type PlatformConfig } from "@ebpf-platform/lib/config";
import {
  airGapFiles,
  airGapProblems,
  hostOf,
  renderSums,
  type AirGapRelease,
} from "@ebpf-platform/lib/release";
import fc from "fast-check";

const hex = "ab".repeat(32);
const release: AirGapRelease = {
  k3s: {
    version: "v1.34.9+k3s1",
    binaries: { amd64: { sha256: hex }, arm64: { sha256: null, reason: "r" } },
  },
  charts: {
    cilium: { version: "1.20.0", repository: "https://helm.cilium.io", archive: { sha256: hex } },
    tetragon: { version: "1.7.0", repository: "https://helm.cilium.io" },
    falco: { version: "9.1.0", repository: "https://falcosecurity.github.io/charts" },
  },
};
const dev = (changes: Record<string, unknown> = {}): PlatformConfig =>
  parseConfig(
    {
      stage: "dev",
      release: "workspace",
      network: { cidr: "10.18.20.0/24" },
      nodes: [
        { name: "cp", role: "server", driver: "libvirt", address: "10.18.20.10" },
        { name: "dp", role: "agent", driver: "libvirt", address: "10.18.20.20" },
      ],
      cluster: { kind: "k3s" },
      platform: { tetragon: "audit" },
      ...changes,
    },
    "dev",
  );

describe("the files of an air-gap folder", () => {
  it("are k3s with its images and the charts the config asks for, no others", () => {
    const files = airGapFiles(dev(), release, "amd64");
    assert.deepEqual(
      files.map(({ path, sha256 }) => [path, sha256]),
      [
        ["k3s/v1.34.9+k3s1/k3s-amd64", hex],
        ["k3s/v1.34.9+k3s1/k3s-airgap-images-amd64.tar.zst", undefined],
        ["charts/cilium-1.20.0.tgz", hex],
        ["charts/tetragon-1.7.0.tgz", undefined],
      ],
    );
  });

  it("come from the release's own addresses, whose names differ by architecture", () => {
    const url = (architecture: "amd64" | "arm64") => {
      const source = airGapFiles(dev(), release, architecture)[0]?.source;
      return source?.kind === "file" ? source.url : "";
    };
    const base = "https://github.com/k3s-io/k3s/releases/download/v1.34.9%2Bk3s1";
    assert.deepEqual([url("amd64"), url("arm64")], [`${base}/k3s`, `${base}/k3s-arm64`]);
  });

  it("are none for a stack without a cluster of its own", () => {
    const lab = parseConfig(
      {
        stage: "lab",
        release: "workspace",
        network: { cidr: "198.18.10.0/24" },
        nodes: [{ name: "edge", role: "edge", driver: "nspawn", address: "198.18.10.10" }],
      },
      "lab",
    );
    assert.deepEqual(airGapFiles(lab, release, "amd64"), []);
  });
});

describe("what is said when a part cannot be had", () => {
  const files = airGapFiles(dev(), release, "amd64");

  it("is the file, its place, its SHA-256 and the way out", () => {
    const [said = ""] = airGapProblems("dev", "/air-gap/dev", [
      { file: files[0] ?? assert.fail(), reachable: false },
    ]);
    assert.equal(
      said,
      `Stack dev needs k3s v1.34.9+k3s1 for amd64 (SHA-256 ${hex}), github.com cannot be reached from here, and /air-gap/dev/k3s/v1.34.9+k3s1/k3s-amd64 is not there; place it, as \`platform fetch --for dev\` does on a connected machine.`,
    );
  });

  it("names a file that is there with other bytes, reachable or not", () => {
    for (const reachable of [true, false]) {
      const file = files[0] ?? assert.fail();
      const [said = ""] = airGapProblems("dev", "/f", [{ file, found: "cd".repeat(32), reachable }]);
      assert.match(said, /k3s-amd64 has SHA-256 (cd){32}; replace it/);
    }
  });

  it("is one sentence exactly for each file that is neither right in the folder nor reachable", () => {
    const state = fc.record({
      reachable: fc.boolean(),
      found: fc.constantFrom(undefined, hex, "cd".repeat(32)),
    });
    fc.assert(
      fc.property(fc.array(state, { minLength: files.length, maxLength: files.length }), (states) => {
        const said = airGapProblems(
          "dev",
          "/f",
          files.map((file, index) => {
            const { reachable, found } = states[index] ?? assert.fail();
            return { file, reachable, ...(found === undefined ? {} : { found }) };
          }),
        );
        const wrong = files.filter((file, index) => {
          const { reachable, found } = states[index] ?? assert.fail();
          return found === undefined ? !reachable : file.sha256 !== undefined && found !== file.sha256;
        });
        assert.equal(said.length, wrong.length);
        wrong.forEach((file, index) => assert.ok(said[index]?.includes(`/f/${file.path}`)));
      }),
    );
  });

  it("asks each chart's own repository", () => {
    assert.deepEqual(files.map(hostOf), ["github.com", "github.com", "helm.cilium.io", "helm.cilium.io"]);
  });
});

describe("SHA256SUMS", () => {
  it("is sorted by path, whatever the order", () => {
    assert.equal(renderSums({ b: "2", a: "1" }), "1  a\n2  b\n");
  });
});
