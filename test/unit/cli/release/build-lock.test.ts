import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { missingDigests } from "@ebpf-platform/lib/release";
import { buildLock } from "../../../../cli/release/build-lock";
import { missing } from "../../../support/missing";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A tree with one BPF source, and a build script that copies it: the lock is about bytes, not about compilers. */
const tree: Record<string, string> = {
  "releases/pins.json": JSON.stringify({
    k3s: "v1.34.9+k3s1",
    charts: {
      cilium: { version: "1.20.0", repository: "https://helm.cilium.io", valuesSha256: "b".repeat(64) },
    },
    images: ["registry.example.net/team/app:1.0"],
    minimumKernel: "5.15",
    upgradeFrom: ["2026.10.0"],
  }),
  "tools/engine/cli/go.mod": "module x\n\ngo 1.24\n\nrequire github.com/pulumi/pulumi/pkg/v3 v3.253.0\n",
  "package.json": JSON.stringify({
    dependencies: {
      "@pulumi/command": "1.2.1",
      "@pulumi/random": "4.21.2",
      "@pulumi/tls": "5.6.1",
      "@pulumi/kubernetes": "4.34.2",
    },
  }),
  "package-lock.json": "{}",
  "bpf/xdp_one.bpf.c": '#include "one.h"\n',
  "bpf/include/one.h": "",
  "bpf/build.sh":
    'if [ "$1" = --compiler ]; then echo "clang version 0"; else cp "$(dirname "$0")/$1.bpf.c" "$2"; fi\n',
};
const artifacts: Record<string, string> = {
  "charts/cilium-1.20.0.tgz": "chart",
  "k3s/v1.34.9+k3s1/k3s-amd64": "k3s",
  "images/registry.example.net_team_app_1.0.manifest.json": "manifest",
};

describe("buildLock", () => {
  const folders: string[] = [];
  const write = (files: Record<string, string>): string => {
    const folder = mkdtempSync(join(tmpdir(), "t-build-lock-"));
    folders.push(folder);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  };
  const request = { version: "2026.11.0", commit: "c".repeat(40), artifacts: undefined };

  before(function () {
    if (!existsSync("/sys/kernel/btf/vmlinux"))
      missing(this, "BTF of the running kernel (CONFIG_DEBUG_INFO_BTF)");
  });
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it("takes versions and hashes from the tree's bytes", async () => {
    const lock = await buildLock({ ...request, tree: write(tree) });
    assert.equal(lock.tools.pulumi, "3.253.0");
    assert.equal(lock.tools.plugins["command"], "1.2.1");
    assert.deepEqual(lock.tools.packages, { sha256: sha256("{}") });
    assert.equal(lock.bpf.compiler, "clang version 0");
    assert.deepEqual(Object.keys(lock.bpf.programs), ["xdp_one"]);
    assert.deepEqual(lock.bpf.programs["xdp_one"]?.object, {
      sha256: sha256(tree["bpf/xdp_one.bpf.c"] ?? ""),
    });
    assert.deepEqual(lock.upgradeFrom, ["2026.10.0"]);
  });

  it("hashes the artifacts that are there and says which are not", async () => {
    const lock = await buildLock({ ...request, tree: write(tree), artifacts: write(artifacts) });
    assert.deepEqual(lock.charts["cilium"]?.archive, { sha256: sha256("chart") });
    assert.deepEqual(lock.images["registry.example.net/team/app:1.0"], { sha256: sha256("manifest") });
    assert.deepEqual(missingDigests(lock), [
      "gates: this version has no gate files gates/*.yaml",
      "k3s.binaries.arm64: not in hand when the lock was made (artifact k3s/v1.34.9+k3s1/k3s-arm64)",
    ]);
  });

  it("refuses a tree whose programs do not build, with the compiler's words", async () => {
    const broken = write({ ...tree, "bpf/build.sh": 'echo "xdp_one.bpf.c:1: no such map" >&2; exit 1\n' });
    await assert.rejects(
      buildLock({ ...request, tree: broken }),
      /build\.sh could not build bpf\/xdp_one\.bpf\.c \(status 1\): xdp_one\.bpf\.c:1: no such map/,
    );
  });
});
