import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import type { LsmConfig } from "@ebpf-platform/lib/config";
import * as pulumi from "@pulumi/pulumi";
import { readCached, sha256Of } from "../../../../components/bpf/build-cache";
import { LsmPolicy } from "../../../../components/bpf/lsm-policy";
import { encodeLsmMaps } from "../../../../lib/src/lsm-maps";
import { missing } from "../../../support/missing";

describe("LsmPolicy", function () {
  const registered: { type: string; name: string; inputs: Record<string, unknown> }[] = [];
  const policy: LsmConfig = {
    name: "no-wget",
    node: "web",
    kind: "exec",
    list: "deny",
    files: ["/usr/bin/wget"],
    digests: [],
    scope: [],
    exempt: [],
  };

  before(async function () {
    this.timeout(120_000);
    if (spawnSync("clang", ["--version"]).status !== 0) missing(this, "clang");
    await pulumi.runtime.setMocks({
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        return { id: `${name}-id`, state: inputs as Record<string, unknown> };
      },
      call: () => ({}),
    });
  });

  async function rulesOf(mode: "audit" | "enforce"): Promise<Record<string, unknown>> {
    const machine = {
      name: "web",
      connection: pulumi.secret({ host: "h", port: 22, user: "root", privateKey: "p", hostKey: "k" }),
      instance: pulumi.output("i"),
      lifetime: {},
      ready: new pulumi.ComponentResource("test:Ready", `ready-${mode}`),
    };
    new LsmPolicy(`web-no-wget-${mode}`, { machine, policy, mode, build: "once" });
    await pulumi.runtime.disconnect();
    const found = registered.find(({ name }) => name === `web-no-wget-${mode}-rules`);
    assert.ok(found, registered.map(({ name }) => name).join(" "));
    return found.inputs;
  }

  it("attaches the source of its kind to the hook lsm, and names its key", async () => {
    await rulesOf("audit");
    const program = registered.find(({ name }) => name === "web-no-wget-audit-program");
    assert.ok(program);
    const { source, attach, askedBy, program: name } = program.inputs;
    assert.deepEqual(
      [source, attach, askedBy, name],
      ["lsm_exec", { hook: "lsm" }, "bpf.lsm[no-wget]", "no-wget"],
    );
  });

  it("has enforcing rules confirmed, and reporting ones not", async () => {
    assert.equal((await rulesOf("audit"))["confirmSeconds"], undefined);
    const { confirmSeconds, contents } = await rulesOf("enforce");
    assert.equal(confirmSeconds, 60);
    const written = contents as { map: string; sha256: string }[];
    const wanted = [...encodeLsmMaps(policy, "enforce")].map(([map, bytes]) => ({
      map,
      sha256: sha256Of(bytes),
    }));
    assert.deepEqual(written, wanted);
    for (const { map, sha256 } of written) assert.ok(readCached(sha256, map).length >= 0);
  });
});
