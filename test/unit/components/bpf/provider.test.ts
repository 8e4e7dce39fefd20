import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mapDifference, needsApply, programDifference } from "../../../../components/bpf/provider/diff";
import { inputFailures, mapInputs, programInputs } from "../../../../components/bpf/provider/inputs";
import { answers, driftOf, LoaderError } from "../../../../components/bpf/provider/observation";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What the loader really printed, kept as it was. */
const recorded = (name: string): string => readFileSync(join(__dirname, "recorded", `${name}.json`), "utf8");

const connection = {
  host: "198.18.0.2",
  port: 22,
  user: "root",
  privateKey: "key",
  hostKey: "ssh-ed25519 AAAA",
};
const inputs = {
  schemaVersion: 1,
  node: "edge",
  instance: "i1",
  program: "conntrack",
  status: "attached",
  connection,
  loaderSha256: "1".repeat(64),
  source: "xdp_conntrack",
  build: "once",
  objectSha256: "2".repeat(64),
  function: "xdp_conntrack",
  attach: { hook: "xdp", interface: "host0", slot: 0, mode: "native" },
  constants: {},
  maps: {},
  takeover: false,
  healthSeconds: 5,
  keepMaps: false,
};

describe("BpfProgram's check", () => {
  it("accepts the inputs that BpfProgram makes", () => {
    assert.deepEqual(inputFailures(programInputs, { ...inputs, __provider: "text" }), []);
  });

  it("reports every wrong property, and only those", () => {
    const wrong = { ...inputs, program: "No Name", attach: { ...inputs.attach, slot: 9 }, healthSeconds: -1 };
    assert.deepEqual(
      inputFailures(programInputs, wrong)
        .map(({ property }) => property)
        .sort(),
      ["attach.slot", "healthSeconds", "program"],
    );
  });

  it("waits with what is not known yet", () => {
    const later = { ...inputs, connection: UNKNOWN, instance: UNKNOWN, loaderSha256: "short" };
    assert.deepEqual(
      inputFailures(programInputs, later).map(({ property }) => property),
      ["loaderSha256"],
    );
  });

  it("checks contents of maps", () => {
    const { schemaVersion, node, instance, program, loaderSha256 } = inputs;
    const contents = {
      schemaVersion,
      node,
      instance,
      program,
      connection,
      loaderSha256,
      status: "as written",
      contents: [],
    };
    assert.deepEqual(
      inputFailures(mapInputs, contents).map(({ property }) => property),
      ["contents"],
    );
  });
});

describe("BpfProgram's diff", () => {
  const olds = { ...inputs, version: "40b2c094064b", observed: { targets: [{ mode: "native" }] } };
  const change = (changes: Record<string, unknown>): ReturnType<typeof programDifference> =>
    programDifference(olds, { ...inputs, ...changes });

  it("finds nothing where nothing changed", () => {
    assert.deepEqual(change({}), { changes: false, replaces: [], deleteBeforeReplace: true });
  });

  for (const [title, changes] of [
    ["another object", { objectSha256: "3".repeat(64) }],
    ["another slot", { attach: { ...inputs.attach, slot: 1 } }],
    ["another interface", { attach: { ...inputs.attach, interface: "eth1", mode: "generic" } }],
    ["another constant", { constants: { idle: 1 } }],
    ["another loader", { loaderSha256: "4".repeat(64) }],
    ["an unknown connection", { connection: UNKNOWN }],
    ["a secret of the connection that is unknown", { connection: { ...connection, privateKey: UNKNOWN } }],
  ] as const) {
    it(`updates in place: ${title}`, () => {
      assert.deepEqual(change(changes), { changes: true, replaces: [], deleteBeforeReplace: true });
    });
  }

  it("updates what drifted, in words", () => {
    const drifted = { ...olds, status: "slot 0 of host0 is empty" };
    assert.equal(programDifference(drifted, inputs).changes, true);
    assert.equal(needsApply(drifted, inputs), true);
  });

  it("leaves programs alone when only the way to them changed", () => {
    for (const changes of [
      { connection: { ...connection, port: 2222 } },
      { healthSeconds: 9 },
      { keepMaps: true },
    ]) {
      assert.equal(programDifference(olds, { ...inputs, ...changes }).changes, true);
      assert.equal(needsApply(olds, { ...inputs, ...changes }), false);
    }
  });

  it("replaces, old one first, for another node, machine or name", () => {
    for (const key of ["node", "instance", "program"]) {
      assert.deepEqual(change({ [key]: "other" }), {
        changes: true,
        replaces: [key],
        deleteBeforeReplace: true,
      });
    }
  });

  it("does not replace for a machine that is not known yet", () => {
    assert.deepEqual(change({ instance: UNKNOWN }).replaces, []);
  });

  it("replaces for another XDP mode, unless that is what runs", () => {
    const mode = (wanted: string): unknown => change({ attach: { ...inputs.attach, mode: wanted } }).replaces;
    assert.deepEqual(mode("generic"), ["attach"]);
    assert.deepEqual(mode("auto"), []);
    const automatic = { ...olds, attach: { ...inputs.attach, mode: "auto" } };
    assert.deepEqual(programDifference(automatic, inputs).replaces, []);
  });

  it("compares contents of maps by hash", () => {
    const contents = {
      ...inputs,
      status: "as written",
      contents: [{ map: "reals", sha256: "5".repeat(64) }],
    };
    assert.equal(mapDifference(contents, contents).changes, false);
    assert.equal(
      mapDifference(contents, { ...contents, contents: [{ map: "reals", sha256: "6".repeat(64) }] }).changes,
      true,
    );
    assert.equal(mapDifference({ ...contents, status: "reals holds other entries" }, contents).changes, true);
  });
});

describe("what the loader answers", () => {
  const observe = (name: string) => answers.observe("edge", recorded(name)).programs[0]!;

  it("is no drift when everything is as applied", () => {
    assert.equal(driftOf(observe("attached"), "40b2c094064b"), undefined);
    assert.equal(answers.apply("edge", recorded("applied")).changed, true);
  });

  it("is drift in one sentence", () => {
    assert.match(driftOf(observe("unpinned")) ?? "", /v_40b2c094064b\/prog_xdp_a is not pinned/);
    assert.match(driftOf(observe("rebooted")) ?? "", /slot 0 of host0 is empty/);
    assert.equal(driftOf(observe("absent")), "no version of it was ever applied on this node");
    assert.match(
      driftOf(observe("attached"), "000000000000") ?? "",
      /40b2c094064b is current, not 000000000000/,
    );
  });

  it("leaves out what belongs to other programs of the chain", () => {
    assert.equal(JSON.stringify(observe("attached")).includes("slots"), false);
  });

  it("becomes an error of whole sentences with the verifier's log", () => {
    assert.throws(
      () => answers.apply("edge", recorded("rejected")),
      (error: unknown) => {
        assert.ok(error instanceof LoaderError);
        assert.match(
          error.message,
          /the verifier rejects xdp_a on node edge: R1 offset is outside of the packet, at: /,
        );
        assert.match(
          error.message,
          /a\.bpf\.c:17; correct the source; the version that was attached still is\.\n/,
        );
        assert.match(error.message, /processed 9 insns/);
        return true;
      },
    );
  });

  it("names node and verb when it is no JSON, or another release's", () => {
    assert.throws(
      () => answers.observe("edge", "Killed"),
      /'ebpf-loader observe' on node edge printed no JSON/,
    );
    assert.throws(
      () => answers.observe("edge", '{"programs":3}'),
      /has another shape than this release expects/,
    );
  });

  it("tells what the kernel can do", () => {
    const probe = answers.probe("edge", recorded("probe"));
    assert.equal(probe.programs["xdp"]?.loads, true);
  });
});
