import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parseConfig, readStackFile } from "../../../lib/src/config";
import {
  checkRelease,
  isReleaseVersion,
  lockDifferences,
  missingDigests,
  parsePins,
  parseRelease,
  releaseIdentity,
  renderRelease,
  sourceDigest,
  sourceFiles,
  type Digest,
  type ReleaseLock,
} from "../../../lib/src/release";

const root = join(__dirname, "..", "..", "..");
const digest: Digest = { sha256: "a".repeat(64) };
const none: Digest = { sha256: null, reason: "not fetched" };

function lock(changes: Partial<ReleaseLock> = {}): ReleaseLock {
  return {
    schema: 1,
    version: "2026.11.0",
    commit: "c".repeat(40),
    tools: { pulumi: "3.253.0", plugins: { command: "1.2.1" }, packages: digest },
    k3s: { version: "v1.34.9+k3s1", binaries: { amd64: digest, arm64: digest } },
    charts: Object.fromEntries(
      ["cilium", "tetragon", "falco", "vault"].map((name) => [
        name,
        { version: "1.20.0", repository: "https://charts.example.net", archive: digest, values: digest },
      ]),
    ),
    images: { "registry.example.net/cilium:v1.20.0": digest },
    bpf: {
      compiler: "clang version 14.0.6",
      btf: digest,
      programs: Object.fromEntries(
        ["xdp_root", "xdp_lb", "xdp_conntrack"].map((name) => [name, { source: digest, object: digest }]),
      ),
    },
    gates: digest,
    kernel: { minimum: "5.15" },
    upgradeFrom: [],
    ...changes,
  };
}

function configOf(stage: string, content: ReleaseLock): ReturnType<typeof parseConfig> {
  const text = readFileSync(join(root, `Pulumi.${stage}.yaml`), "utf8");
  const release = `${content.version}@sha256:${releaseIdentity(renderRelease(content))}`;
  return parseConfig({ ...readStackFile(text), release }, stage);
}

describe("release locks", () => {
  it("read back what was written, whatever the order of keys", () => {
    const shuffled = Object.fromEntries(Object.entries(lock()).reverse()) as unknown as ReleaseLock;
    assert.equal(renderRelease(shuffled), renderRelease(lock()));
    assert.deepEqual(parseRelease(renderRelease(lock())), lock());
    assert.ok(Object.isFrozen(parseRelease(renderRelease(lock())).k3s));
  });

  it("have the SHA-256 of their bytes as identity", () => {
    assert.equal(releaseIdentity("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("change their identity with any byte, and are refused with any other spelling", () => {
    const text = renderRelease(lock());
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom("0", "f", " ", "\n", "}"), (index, character) => {
        const changed = text.slice(0, index) + character + text.slice(index + 1);
        if (changed === text) return true;
        if (releaseIdentity(changed) === releaseIdentity(text)) return false;
        try {
          return renderRelease(parseRelease(changed)) === changed;
        } catch (error) {
          return error instanceof Error && error.message.includes("release lock");
        }
      }),
    );
  });

  it("name every fault of a damaged lock", () => {
    const text = renderRelease(lock({ commit: "abc", gates: { sha256: null } as unknown as Digest }));
    assert.throws(
      () => parseRelease(text),
      /- commit: found "abc"; write the full commit hash[^]*- gates: found .*null with a reason/,
    );
    assert.throws(() => parseRelease("{"), /no JSON/);
    assert.throws(() => parseRelease(renderRelease(lock()).trimEnd()), /not spelled/);
  });

  it("list the digests they lack with the reasons", () => {
    const bare = lock({ gates: none, images: { "registry.example.net/cilium:v1.20.0": none } });
    assert.deepEqual(missingDigests(bare), [
      "gates: not fetched",
      "images.registry.example.net/cilium:v1.20.0: not fetched",
    ]);
    assert.deepEqual(missingDigests(lock()), []);
  });

  it("take calendar versions only", () => {
    for (const good of ["2026.11.0", "2026.1.12"]) assert.ok(isReleaseVersion(good), good);
    for (const bad of ["2026.13.0", "2026.01.0", "26.1.0", "2026.1", "v2026.1.0", "2026.1.00"])
      assert.ok(!isReleaseVersion(bad), bad);
  });
});

describe("checkRelease", () => {
  const run = (stage: string, content: ReleaseLock, text = renderRelease(content)): void => {
    checkRelease(configOf(stage, content), content, text);
  };

  it("lets a complete lock run everywhere", () => {
    for (const stage of ["staging", "canary", "prod"]) run(stage, lock());
  });

  it("has nothing to say to a workspace", () => {
    const config = parseConfig(readStackFile(readFileSync(join(root, "Pulumi.lab.yaml"), "utf8")), "lab");
    checkRelease(config, lock({ version: "2025.1.0" }), "");
  });

  it("refuses a lock with another identity", () => {
    assert.throws(() => {
      run("prod", lock(), `${renderRelease(lock())} `);
    }, /its SHA-256 is [0-9a-f]{64} and the stack's config says [0-9a-f]{64}; a lock is written once/);
  });

  it("refuses missing digests outside lab and dev, all in one error", () => {
    const bare = lock({
      gates: none,
      k3s: { version: "v1.34.9+k3s1", binaries: { amd64: none, arm64: digest } },
    });
    assert.throws(() => {
      run("prod", bare);
    }, /cannot run release 2026\.11\.0:\n {2}- it has no digest for gates: not fetched\n {2}- it has no digest for k3s\.binaries\.amd64: not fetched$/);
    run("dev", bare);
  });

  it("refuses a lock without a program or a chart that the config asks for", () => {
    const { xdp_lb: _without, ...programs } = lock().bpf.programs;
    const { falco: _neither, ...charts } = lock().charts;
    const thin = lock({ charts, bpf: { ...lock().bpf, programs } });
    assert.throws(() => {
      run("prod", thin);
    }, /no BPF program xdp_lb[^]*no chart falco/);
  });
});

describe("lockDifferences", () => {
  it("finds changed values and lets unknown digests be", () => {
    const rebuilt = lock({
      gates: none,
      tools: { ...lock().tools, pulumi: "3.254.0" },
      upgradeFrom: ["2026.10.0"],
    });
    assert.deepEqual(lockDifferences(lock(), rebuilt), [
      'tools.pulumi: the lock has "3.253.0", rebuilt is "3.254.0"',
      'upgradeFrom.0: the lock has nothing, rebuilt is "2026.10.0"',
    ]);
    assert.deepEqual(lockDifferences(lock(), lock()), []);
  });
});

describe("the source of a BPF program", () => {
  const files = new Map([
    ["bpf/a.bpf.c", '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n#include "one.h"\n'],
    ["bpf/include/one.h", '# include "two.h"\n'],
    ["bpf/include/two.h", '#include "one.h"\n'],
    ["bpf/include/other.h", ""],
  ]);

  it("is its file and the project's headers under it", () => {
    assert.deepEqual(sourceFiles(files, "bpf/a.bpf.c"), [
      "bpf/a.bpf.c",
      "bpf/include/one.h",
      "bpf/include/two.h",
    ]);
  });

  it("has a digest that changes with each of them and with no other", () => {
    const before = sourceDigest(files, "bpf/a.bpf.c");
    for (const path of sourceFiles(files, "bpf/a.bpf.c")) {
      const changed = new Map([...files, [path, `${files.get(path) ?? ""}\n`]]);
      assert.notEqual(sourceDigest(changed, "bpf/a.bpf.c"), before, path);
    }
    assert.equal(sourceDigest(new Map([...files, ["bpf/include/other.h", "x"]]), "bpf/a.bpf.c"), before);
  });

  it("names a header that is not there", () => {
    assert.throws(
      () => sourceFiles(new Map([["bpf/a.bpf.c", '#include "gone.h"\n']]), "bpf/a.bpf.c"),
      /bpf\/a\.bpf\.c includes "gone\.h"/,
    );
    assert.throws(() => sourceFiles(files, "bpf/b.bpf.c"), /no BPF source bpf\/b\.bpf\.c/);
  });
});

describe("releases/", () => {
  const locks = readdirSync(join(root, "releases")).filter((name) =>
    isReleaseVersion(name.replace(/\.json$/, "")),
  );

  it("pins what the next lock takes from outside", () => {
    parsePins(readFileSync(join(root, "releases", "pins.json"), "utf8"));
    assert.throws(() => parsePins('{"k3s":"latest"}'), /k3s: found "latest"/);
  });

  for (const name of locks) {
    it(`${name} is a lock of its own name`, () => {
      assert.equal(`${parseRelease(readFileSync(join(root, "releases", name), "utf8")).version}.json`, name);
    });
  }

  for (const stage of ["staging", "canary", "prod"]) {
    it(`has the lock that Pulumi.${stage}.yaml names, with its identity`, () => {
      const { release } = parseConfig(
        readStackFile(readFileSync(join(root, `Pulumi.${stage}.yaml`), "utf8")),
        stage,
      );
      assert.ok(release !== "workspace");
      assert.equal(
        releaseIdentity(readFileSync(join(root, "releases", `${release.version}.json`), "utf8")),
        release.sha256,
      );
    });
  }
});
