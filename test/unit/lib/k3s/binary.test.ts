import assert from "node:assert/strict";
import {
  binaryArtifact,
  binaryIdentity,
  binaryUrl,
  sumOf,
  type BinaryRequest,
} from "../../../../lib/src/k3s";

const hash = "ab".repeat(32);
const workspace: BinaryRequest = {
  stack: "dev",
  architecture: "amd64",
  lock: undefined,
  pinned: "v1.34.9+k3s1",
  version: undefined,
  sha256: undefined,
  sums: undefined,
};
const lock: NonNullable<BinaryRequest["lock"]> = {
  version: "2026.11.2",
  k3s: {
    version: "v1.34.9+k3s1",
    binaries: { amd64: { sha256: hash }, arm64: { sha256: null, reason: "not in hand" } },
  },
};

describe("the binary of k3s", () => {
  it("is the lock's, and nobody else's word counts beside it", () => {
    assert.deepEqual(binaryIdentity({ ...workspace, lock }), { version: "v1.34.9+k3s1", sha256: hash });
    assert.throws(() => binaryIdentity({ ...workspace, lock, sha256: hash }), /remove cluster\.sha256/);
    assert.throws(
      () => binaryIdentity({ ...workspace, lock, version: "v1.35.0+k3s1" }),
      /remove cluster\.version v1\.35/,
    );
    assert.throws(
      () => binaryIdentity({ ...workspace, lock, architecture: "arm64" }),
      /Release 2026\.11\.2 has no SHA-256 of k3s v1\.34\.9\+k3s1 for arm64 \(not in hand\)/,
    );
  });

  it("is what the folder's checksums say where there is no lock", () => {
    const artifact = binaryArtifact("v1.34.9+k3s1", "amd64");
    const sums = `${"0".repeat(64)}  k3s/v1.34.9+k3s1/k3s-arm64\n${hash} *./${artifact}\n`;
    assert.equal(sumOf(sums, artifact), hash);
    assert.equal(binaryIdentity({ ...workspace, sums }).sha256, hash);
    assert.equal(binaryIdentity({ ...workspace, sha256: "c".repeat(64), sums }).sha256, "c".repeat(64));
  });

  it("is never run unverified: the error says what to place where", () => {
    assert.throws(
      () => binaryIdentity({ ...workspace, sums: "" }),
      /Stack dev runs k3s v1\.34\.9\+k3s1 .* set cluster\.sha256, .*k3s\/v1\.34\.9\+k3s1\/k3s-amd64 .*platform fetch --for dev/,
    );
  });

  it("is published under a name with the plus sign encoded", () => {
    assert.equal(
      binaryUrl("v1.34.9+k3s1", "arm64"),
      "https://github.com/k3s-io/k3s/releases/download/v1.34.9%2Bk3s1/k3s-arm64",
    );
    assert.match(binaryUrl("v1.34.9+k3s1", "amd64"), /\/k3s$/);
  });
});
