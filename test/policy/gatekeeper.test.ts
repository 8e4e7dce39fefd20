import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { admissionRules } from "../../components/security/gatekeeper/templates";
import { parseConfig, readStackFile } from "../../lib/src/config";
import { run, tail } from "../engine/support/run";
import { buildGoTool, builtGoTool } from "../support/go-tool";
import { missing } from "../support/missing";
import { soak } from "../support/seed";

const fixture = join(__dirname, "..", "fixtures", "platform", "prod.yaml");
const container = {
  name: "main",
  image: "registry.example/app:1.0",
  resources: { limits: { memory: "64Mi" } },
};
const privileged = { ...container, name: "bad", securityContext: { privileged: true } };
const unlimited = { name: "bad", image: "registry.example/app:1.0" };

/** Pods by rule: what is let through, and what is refused with a message that names the container. */
const cases: Readonly<
  Record<string, { good: Readonly<Record<string, object>>; bad: Readonly<Record<string, object>> }>
> = {
  denyprivileged: {
    good: {
      plain: { containers: [container] },
      "not privileged": { containers: [{ ...container, securityContext: { privileged: false } }] },
    },
    bad: {
      container: { containers: [container, privileged] },
      "init container": { containers: [container], initContainers: [privileged] },
      "ephemeral container": { containers: [container], ephemeralContainers: [privileged] },
    },
  },
  requiredlimits: {
    good: {
      limited: { containers: [container], initContainers: [{ ...container, name: "first" }] },
      "ephemeral containers, which can have none": {
        containers: [container],
        ephemeralContainers: [unlimited],
      },
    },
    bad: {
      "no resources": { containers: [unlimited] },
      "requests only": { containers: [{ ...unlimited, resources: { requests: { memory: "64Mi" } } }] },
      "another limit": { containers: [{ ...unlimited, resources: { limits: { cpu: "1" } } }] },
      "init container": { containers: [container], initContainers: [unlimited] },
    },
  },
};

describe("Gatekeeper's rules under gator", function () {
  this.timeout(soak ? 1_800_000 : 120_000);
  let folder = "";
  let gator = "gator";
  before(function () {
    if (spawnSync("gator", ["--version"]).error) {
      // Some seven CPU minutes to build: only in a soak run, or where it is in the cache already.
      const built = (soak ? buildGoTool : builtGoTool)(
        "gator",
        "github.com/open-policy-agent/gatekeeper/v3/cmd/gator",
      );
      if ("missing" in built) missing(this, `gator 3.23.0 on PATH, or ${built.missing}`);
      gator = built.tool;
    }
    folder = mkdtempSync(join(tmpdir(), "t-gatekeeper-"));
  });
  after(() => {
    if (folder !== "") rmSync(folder, { recursive: true });
  });

  const rules = admissionRules(parseConfig(readStackFile(readFileSync(fixture, "utf8")), "t-prod"));

  it("have cases for every rule", () => {
    assert.deepEqual(Object.keys(cases).sort(), rules.map(({ name }) => name).sort());
  });

  for (const { name, template, constraint } of rules) {
    it(`${name} refuses what it should and nothing else`, async () => {
      const { good = {}, bad = {} } = cases[name] ?? {};
      const file = (suffix: string, content: unknown): string => {
        const path = `${name}-${suffix}.yaml`;
        writeFileSync(join(folder, path), stringify(content));
        return path;
      };
      const pod = (title: string, spec: object) =>
        file(`pod-${title.replaceAll(/\W/g, "-")}`, {
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name: "pod", namespace: "shop" },
          spec,
        });
      const refused = (title: string, spec: object) => ({
        name: title,
        object: pod(title, spec),
        assertions: [{ violations: 1, message: "Container bad " }],
      });
      const allowed = (title: string, spec: object) => ({
        name: title,
        object: pod(title, spec),
        assertions: [{ violations: "no" }],
      });
      const suite = file("suite", {
        apiVersion: "test.gatekeeper.sh/v1alpha1",
        kind: "Suite",
        tests: [
          {
            name,
            template: file("template", template),
            constraint: file("constraint", constraint),
            cases: [
              ...Object.entries(good).map(([title, spec]) => allowed(title, spec)),
              ...Object.entries(bad).map(([title, spec]) => refused(title, spec)),
            ],
          },
        ],
      });
      const result = await run(gator, ["verify", suite, "--verbose"], { cwd: folder });
      assert.equal(result.code, 0, tail(result));
      const passed = result.stdout.match(/--- PASS: .*\//g) ?? result.stdout.match(/--- PASS/g) ?? [];
      assert.ok(passed.length >= Object.keys({ ...good, ...bad }).length, result.stdout);
    });
  }
});
