import assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { lookForEngine } from "../../cli/engine/locate";
import { missing } from "../support/missing";
import { completeLock } from "./support/complete-lock";
import { ProjectCopy } from "./support/project-copy";
import { run, tail } from "./support/run";

const VERSION = "2026.11.98";

/** Machines, k3s and platform of each stage's own file; only what this machine cannot have is filled in: hashes. */
describe("the stages' own files, previewed by the real engine", function () {
  this.timeout(900_000);
  let copy: ProjectCopy | undefined;
  let reference = "";

  before(async function () {
    const found = await lookForEngine();
    if ("reason" in found) missing(this, "the Pulumi engine");
    copy = new ProjectCopy("t-stages");
    const pinned = /release: ([0-9.]+)@sha256/.exec(copy.read("Pulumi.prod.yaml"))?.[1] ?? "none";
    const lock = completeLock(copy.read(`releases/${pinned}.json`), copy.read("releases/pins.json"), VERSION);
    copy.write(`releases/${VERSION}.json`, lock.text);
    reference = lock.reference;
  });

  after(() => copy?.remove());

  for (const [stage, servers, agents] of [
    ["dev", 1, 1],
    ["staging", 1, 1],
    ["prod", 3, 2],
  ] as const) {
    it(`lists machines, k3s and the platform of ${stage}, with every policy passing`, async () => {
      const project = copy!;
      const { config } = parse(project.read(`Pulumi.${stage}.yaml`)) as { config: Record<string, unknown> };
      if (stage === "dev") config["ebpf-platform:cluster"] = { kind: "k3s", sha256: "ab".repeat(32) };
      else config["ebpf-platform:release"] = reference;
      project.write(`Pulumi.t-${stage}.yaml`, stringify({ config }));
      const shell = `eval "$(${process.execPath} cli/platform.js env t-${stage})" && ${process.execPath} cli/platform.js preview t-${stage}`;
      const env = { ...process.env, EBPF_PLATFORM_STATE_DIR: project.stateDir, NO_COLOR: "1" };
      const result = await run("bash", ["-c", shell], { cwd: project.root, env });
      assert.equal(result.code, 0, tail(result));
      const said = result.stdout + result.stderr;
      const count = (type: string): number =>
        new Set([...said.matchAll(new RegExp(`:${type} ([a-z0-9-]+) create`, "g"))].map(([, name]) => name))
          .size;
      assert.deepEqual([count("K3sServer"), count("K3sAgent")], [servers, agents]);
      assert.ok(count("Machine") >= servers + agents);
      for (const product of ["Cilium", "Tetragon", "Falco", "Vault"])
        assert.equal(count(product), 1, product);
      assert.match(said, /(✅|⚠️) ebpf-platform@/);
      assert.doesNotMatch(said, /\[mandatory\]/);
      // Tokens and connections are unknown before the first update; what k3s runs with is not.
      assert.doesNotMatch(said, /C01 \.files|C02|C04|C05/);
    });
  }
});
