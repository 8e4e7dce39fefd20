import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { local, remote } from "@pulumi/command";
import { RandomPet } from "@pulumi/random";
import { missing } from "../../support/missing.js";
import { refusalForStack } from "../standins/nspawn/refusal.js";
import { registeredAddresses } from "../standins/nspawn/registry.js";
import { engineEnvironment, type EngineEnvironment } from "./active-providers.js";
import { ContractStack } from "./contract-stack.js";

const URN = "urn:pulumi:t1::shop::random:index/randomPet:RandomPet::pet";
const REMEDY = "install the official provider plugin, or use a stack whose nodes all say `driver: nspawn`";

function project(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "refusal-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const shop = "name: shop\nruntime: nodejs\nmain: bin\n";
const nodes = (...drivers: string[]) =>
  `config:\n  ebpf-platform:nodes:\n${drivers.map((driver, index) => `    - { name: node${String(index)}, driver: ${driver} }\n`).join("")}`;

describe("stand-ins refuse", () => {
  const rows: [string, Record<string, string>, string, RegExp | undefined][] = [
    [
      "nothing where all machines are nspawn nodes",
      { "Pulumi.yaml": shop, "Pulumi.t1.yaml": nodes("nspawn", "nspawn") },
      ".",
      undefined,
    ],
    [
      "nothing from the folder of the program",
      { "Pulumi.yaml": shop, "Pulumi.t1.yaml": nodes("nspawn"), "bin/index.js": "" },
      "bin",
      undefined,
    ],
    [
      "nothing with stack files in a folder of their own",
      { "Pulumi.yaml": `${shop}stackConfigDir: stacks\n`, "stacks/Pulumi.t1.yaml": nodes("nspawn") },
      ".",
      undefined,
    ],
    [
      "one machine of another kind",
      { "Pulumi.yaml": shop, "Pulumi.t1.yaml": nodes("nspawn", "existing") },
      ".",
      /^stack t1 of project shop has machine node1 with driver "existing" in .*Pulumi\.t1\.yaml; /,
    ],
    [
      "a machine without a driver",
      { "Pulumi.yaml": shop, "Pulumi.t1.yaml": "config:\n  ebpf-platform:nodes: [{ name: a }]\n" },
      ".",
      /has machine a with driver null in /,
    ],
    [
      "a list that is empty",
      { "Pulumi.yaml": shop, "Pulumi.t1.yaml": "config:\n  ebpf-platform:nodes: []\n" },
      ".",
      /lists no machines under ebpf-platform:nodes in /,
    ],
    [
      "a list that is encrypted",
      { "Pulumi.yaml": shop, "Pulumi.t1.yaml": "config:\n  ebpf-platform:nodes: { secure: abc }\n" },
      ".",
      /lists no machines under ebpf-platform:nodes in /,
    ],
    ["a stack without config", { "Pulumi.yaml": shop, "Pulumi.t1.yaml": "{}\n" }, ".", /lists no machines/],
    [
      "a stack without a file",
      { "Pulumi.yaml": shop },
      ".",
      /cannot be read \(no file .*Pulumi\.t1\.yaml\); /,
    ],
    [
      "a file of another stack",
      { "Pulumi.yaml": shop, "Pulumi.t2.yaml": nodes("nspawn") },
      ".",
      /cannot be read \(no file .*Pulumi\.t1\.yaml\); /,
    ],
    [
      "another project's files",
      { "Pulumi.yaml": "name: other\n", "Pulumi.t1.yaml": nodes("nspawn") },
      ".",
      /cannot be read \(.*Pulumi\.yaml is the project other\); /,
    ],
    ["a broken file", { "Pulumi.yaml": shop, "Pulumi.t1.yaml": "config: [" }, ".", /cannot be read \(/],
    ["no project at all", {}, ".", /cannot be read \(no Pulumi\.yaml in .* or above\); /],
  ];
  for (const [name, files, from, expected] of rows) {
    it(name, () => {
      const folder = project(files);
      try {
        const answer = refusalForStack(URN, join(folder, from));
        if (!expected) assert.equal(answer, undefined);
        else {
          assert.match(String(answer), expected);
          assert.ok(answer?.endsWith(REMEDY), answer);
          assert.ok(!answer?.includes("\n"), "more than one line");
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it("addresses that no nspawn node has", () => {
    const registry = project({
      "lab/edge.json": '{"address":"198.18.10.2"}',
      "t1/a.json": '{"address":"198.18.11.2"}',
    });
    try {
      assert.deepEqual([...registeredAddresses(registry)].sort(), ["198.18.10.2", "198.18.11.2"]);
      assert.deepEqual([...registeredAddresses(join(registry, "nowhere"))], []);
    } finally {
      rmSync(registry, { recursive: true });
    }
  });
});

describe("stand-ins under the real engine", function () {
  this.timeout(120_000);
  let environment: EngineEnvironment | undefined;

  before(async function () {
    const found = await engineEnvironment();
    if ("missing" in found) missing(this, found.missing);
    environment = found;
    const official = found.providers
      .filter(({ kind }) => kind === "official")
      .map(({ provider }) => provider);
    if (official.includes("command") || official.includes("random")) {
      environment.dispose();
      missing(this, "stand-ins: the official providers are installed");
    }
  });

  after(() => {
    environment?.dispose();
  });

  const program = () => [
    new RandomPet("pet"),
    new local.Command("local", { create: "true" }),
    new remote.Command("remote", {
      connection: { host: "127.198.18.99", dialErrorLimit: 0 },
      create: "true",
    }),
  ];

  it("preview any stack and change none with a machine that is no nspawn node", async () => {
    assert.ok(environment);
    const stack = await ContractStack.create({
      name: "refused",
      path: environment.path,
      config: nodes("existing"),
    });
    try {
      const preview = await stack.preview(program);
      assert.deepEqual(
        [...preview.values()].flatMap(({ errors }) => errors),
        [],
      );
      assert.match(stack.messages.join("\n"), /stand-in for the official Pulumi provider "random" 4\.21\.2/);
      assert.match(stack.messages.join("\n"), /stand-in for the official Pulumi provider "command" 1\.2\.1/);
      const run = await stack.up(program);
      for (const name of ["pet", "local", "remote"]) {
        const errors = run.get(name)?.errors.join("\n") ?? "";
        assert.match(
          errors,
          /refuses to change anything here: stack refused of project contract has machine node0/,
        );
      }
    } finally {
      // Nothing outside the state has been made.
      stack.discard();
    }
  });

  it("reach no machine that is not registered", async () => {
    assert.ok(environment);
    const stack = await ContractStack.create({ name: "unregistered", path: environment.path });
    try {
      const run = await stack.up(program);
      assert.deepEqual(run.get("pet")?.errors, []);
      assert.deepEqual(run.get("local")?.errors, []);
      assert.match(
        run.get("remote")?.errors.join("\n") ?? "",
        /would reach machine 127\.198\.18\.99, which is no running nspawn node of this machine/,
      );
    } finally {
      // Nothing outside the state has been made.
      stack.discard();
    }
  });
});
