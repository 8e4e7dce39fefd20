import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { CONFIG_KEYS, STAGES, parseConfig, readStackFile } from "../../../lib/src/config";
import { stageViolations } from "../../../lib/src/stage";

const root = join(__dirname, "..", "..", "..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");

interface Declaration {
  type?: string;
  description?: string;
  default?: unknown;
}
const project = parse(read("Pulumi.yaml")) as {
  name: string;
  main: string;
  config: Record<string, Declaration>;
};

/** The raw config of a stack as the engine completes it: declared defaults where the stack file is silent. */
function completed(stack: string): Record<string, unknown> {
  const defaults = Object.entries(project.config).flatMap(([key, declared]) =>
    declared.default === undefined || key === "secrets" ? [] : [[key, declared.default] as const],
  );
  return { ...Object.fromEntries(defaults), ...readStackFile(read(`Pulumi.${stack}.yaml`)) };
}

describe("Pulumi.yaml", () => {
  it("declares exactly the keys of the schema with their types", () => {
    const declared = Object.fromEntries(Object.entries(project.config).map(([key, { type }]) => [key, type]));
    assert.deepEqual(declared, { ...CONFIG_KEYS });
  });

  it("describes every key", () => {
    for (const [key, { description }] of Object.entries(project.config)) assert.ok(description, key);
  });

  it("has the defaults of the schema", () => {
    for (const stage of STAGES) {
      const withDefaults = parseConfig(completed(stage), stage);
      assert.deepEqual(withDefaults, parseConfig(readStackFile(read(`Pulumi.${stage}.yaml`)), stage));
    }
  });
});

describe("stack files", () => {
  for (const stage of STAGES) {
    it(`Pulumi.${stage}.yaml is of stage ${stage} and keeps its rules`, () => {
      const config = parseConfig(readStackFile(read(`Pulumi.${stage}.yaml`)), stage);
      assert.equal(config.stage, stage);
      assert.deepEqual(stageViolations(config), []);
    });
  }

  it("run the lab on nspawn nodes of this machine only", () => {
    const { nodes } = parseConfig(readStackFile(read("Pulumi.lab.yaml")), "lab");
    assert.deepEqual(
      nodes.map(({ name, driver, address }) => [name, driver, address]),
      [
        ["edge", "nspawn", "198.18.10.10"],
        ["backend-1", "nspawn", "198.18.10.21"],
        ["backend-2", "nspawn", "198.18.10.22"],
        ["client", "nspawn", "198.18.10.30"],
      ],
    );
  });
});
