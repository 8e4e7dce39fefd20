import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bpfManifest,
  canonicalJson,
  EXPERIMENTAL_FRAME,
  manifestVersion,
} from "@ebpf-platform/lib/bpf-manifest";
import type { BpfProgramConfig, XdpAttach } from "@ebpf-platform/lib/config";

const attach: XdpAttach = { hook: "xdp", interface: "host0", slot: 0, mode: "native" };
const program: BpfProgramConfig = {
  name: "conntrack",
  source: "xdp_conntrack",
  node: "edge",
  attach,
  constants: { idle: 30 },
  maps: { flows4: "migrate" },
  takeover: false,
  healthSeconds: 5,
};
const sha = "ab".repeat(32);

describe("bpfManifest", () => {
  it("says what the loader reads", () => {
    assert.deepEqual(bpfManifest(program, sha), {
      schema: 1,
      name: "conntrack",
      version: bpfManifest(program, sha).version,
      objectSha256: sha,
      programs: [{ function: "xdp_conntrack", attach: program.attach }],
      constants: { idle: 30 },
      maps: { flows4: "migrate" },
      takeover: false,
      healthSeconds: 5,
      smoke: [EXPERIMENTAL_FRAME],
    });
  });

  it("takes the function the config names, and has no frame for what is not XDP", () => {
    const { programs, smoke } = bpfManifest(
      { ...program, function: "other", attach: { hook: "raw_tp", target: "sys_enter" } },
      sha,
    );
    assert.deepEqual(programs, [{ function: "other", attach: { hook: "raw_tp", target: "sys_enter" } }]);
    assert.deepEqual(smoke, []);
  });

  it("changes its version with object, attach point and constants only", () => {
    const { version } = bpfManifest(program, sha);
    assert.match(version, /^[0-9a-f]{12}$/);
    const same: Partial<BpfProgramConfig>[] = [
      { maps: {} },
      { takeover: true },
      { healthSeconds: 60 },
      { node: "another" },
    ];
    for (const change of same) assert.equal(bpfManifest({ ...program, ...change }, sha).version, version);
    const other: Partial<BpfProgramConfig>[] = [
      { source: "xdp_other" },
      { attach: { ...attach, slot: 1 } },
      { attach: { ...attach, mode: "auto" } },
      { constants: { idle: 31 } },
    ];
    for (const change of other) assert.notEqual(bpfManifest({ ...program, ...change }, sha).version, version);
    assert.notEqual(bpfManifest(program, "cd".repeat(32)).version, version);
  });

  it("does not depend on the order of constants", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (constants) => {
        const reversed = Object.fromEntries(Object.entries(constants).reverse());
        assert.equal(manifestVersion(sha, [], constants), manifestVersion(sha, [], reversed));
      }),
    );
  });

  it("has a smoke frame of the least length of Ethernet (60 bytes without check sum)", () => {
    assert.equal(EXPERIMENTAL_FRAME.packet.length, 120);
    assert.equal(EXPERIMENTAL_FRAME.packet.slice(24, 28), "88b5");
  });
});

describe("canonicalJson", () => {
  it("sorts keys at every depth and keeps lists as they are", () => {
    assert.equal(canonicalJson({ b: [{ d: 1, c: 2 }], a: "x" }), '{"a":"x","b":[{"c":2,"d":1}]}');
  });
});
