import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runBuild } from "../../../../components/bpf/build-script";
import { BpfObject } from "../../../../components/bpf/object";
import { buildObject } from "../../../../components/bpf/object-build";
import { BpfProgram } from "../../../../components/bpf/program";
import { projectRoot } from "../../../../components/project-root";
import { missing } from "../../../support/missing";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** How the engine wraps a secret on its way to a provider. */
const SECRET = "4dabf18193072939515e22adb298388d";

describe("BpfProgram", function () {
  const registered: Registered[] = [];

  before(async function () {
    if (spawnSync("clang", ["--version"]).status !== 0) missing(this, "clang");
    await pulumi.runtime.setMocks({
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        return { id: `${name}-id`, state: inputs as Record<string, unknown> };
      },
      call: () => ({}),
    });
  });

  it("is a dynamic resource of its own type, its connection is secret, its code free of paths", async () => {
    const ready = new pulumi.ComponentResource("test:Ready", "ready");
    const object = new BpfObject("object", { source: "xdp_conntrack" });
    const connection = { host: "h", port: 22, user: "root", privateKey: "the private key", hostKey: "k" };
    const program = new BpfProgram("edge-conntrack", {
      machine: {
        name: "edge",
        connection: pulumi.secret(connection),
        instance: pulumi.output("i"),
        lifetime: {},
        ready,
      },
      object,
      program: {
        name: "conntrack",
        attach: { hook: "xdp", interface: "host0", slot: 0, mode: "native" },
        constants: {},
        maps: {},
        takeover: false,
        healthSeconds: 5,
      },
    });
    await new Promise<void>((resolve) => program.urn.apply(() => resolve()));
    const found = registered.find(({ type }) => type === "pulumi-nodejs:dynamic/bpf:Program");
    assert.ok(found, registered.map(({ type }) => type).join(" "));
    assert.equal(found.inputs.objectSha256, object.sha256);
    assert.equal(found.inputs.askedBy, "bpf.programs[conntrack]");
    assert.equal((found.inputs.connection as Record<string, unknown>)[SECRET] !== undefined, true);
    const code = JSON.stringify(found.inputs["__provider"]);
    assert.match(code, /components\/bpf\/provider/);
    assert.doesNotMatch(code, new RegExp(process.cwd()));
    assert.ok(code.length < 6000, `the serialized provider has ${String(code.length)} characters`);
  });

  it("shows clang's words with file and line when a source does not compile", () => {
    const folder = mkdtempSync(join(tmpdir(), "bpf-source-"));
    const source = join(folder, "broken.bpf.c");
    writeFileSync(source, "int fine;\nint broken(void) { return fien; }\n");
    try {
      assert.throws(
        () =>
          runBuild({
            script: join(projectRoot(), "bpf", "build.sh"),
            what: "the BPF object broken",
            inputs: ["--inputs", source],
            compiler: ["--compiler"],
            build: (output) => [source, output],
            salt: [],
          }),
        /^BuildError: Building the BPF object broken: the source does not compile.*\nbroken\.bpf\.c:2:\d+: error: use of undeclared identifier 'fien'/s,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.throws(() => buildObject("no_such_source"), /no source no_such_source/);
  });

  it("builds the same object twice, and tells what it is made of", () => {
    const first = buildObject("xdp_conntrack");
    assert.deepEqual(buildObject("xdp_conntrack"), first);
    assert.match(first.sha256, /^[0-9a-f]{64}$/);
    assert.match(first.compiler, /clang/);
  });
});
