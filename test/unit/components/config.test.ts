import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { loadConfig, requireSecret } from "../../../components/config";
import { loadRelease } from "../../../components/release";

const lab = {
  stage: "lab",
  release: "workspace",
  network: '{"cidr":"198.18.10.0/24"}',
  nodes: '[{"name":"edge","role":"edge","driver":"nspawn","address":"198.18.10.10"}]',
  // What the engine hands over for keys that the stack file leaves out.
  loadBalancer: "{}",
  secrets: "{}",
};

/** Plays the engine: keys with their namespace, objects as JSON, and the list of keys that hold a secret. */
function give(config: Record<string, string>, encrypted: readonly string[] = []): void {
  const named = Object.entries(config).map(([key, value]): [string, string] => [
    `ebpf-platform:${key}`,
    value,
  ]);
  pulumi.runtime.setAllConfig({ ...Object.fromEntries(named), "other:key": "x" });
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(encrypted.map((key) => `ebpf-platform:${key}`));
}

/** Asserts a refusal that the engine prints without a stack trace. */
function refuses(load: () => unknown, message: RegExp): void {
  assert.throws(load, (error) => pulumi.RunError.isInstance(error) && message.test(String(error)));
}

describe("loadConfig", () => {
  const before = process.env.PULUMI_CONFIG_SECRET_KEYS;
  beforeEach(async () => {
    await pulumi.runtime.setMocks(
      { newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }), call: () => ({}) },
      "ebpf-platform",
      "t-config",
    );
  });
  afterEach(() => {
    if (before === undefined) delete process.env.PULUMI_CONFIG_SECRET_KEYS;
    else process.env.PULUMI_CONFIG_SECRET_KEYS = before;
    pulumi.runtime.setAllConfig({});
  });

  it("reads texts as texts and objects as objects", () => {
    give(lab);
    const config = loadConfig();
    assert.equal(config.stack, "t-config");
    assert.equal(config.nodes[0]?.name, "edge");
    assert.equal(config.loadBalancer, undefined);
    assert.equal(loadRelease(config), undefined);
  });

  it("refuses a key that nobody declared, which the engine lets through", () => {
    give({ ...lab, nods: "5" });
    refuses(loadConfig, /^Error: .*\n {2}- nods: found "5"; no such key; did you mean nodes$/s);
  });

  it("keeps the values of secrets out of the config", async () => {
    give({ ...lab, secrets: '{"gateway":"private words"}' }, ["secrets"]);
    const config = loadConfig();
    assert.deepEqual(config.secrets, ["gateway"]);
    assert.ok(!JSON.stringify(config).includes("private words"));
    const secret = requireSecret("gateway");
    assert.equal(await pulumi.isSecret(secret), true);
    assert.equal(await new Promise((resolve) => secret.apply(resolve)), "private words");
  });

  it("refuses secrets in clear and secrets under other keys", () => {
    give({ ...lab, secrets: '{"gateway":"private words"}' });
    refuses(loadConfig, /^Error: The key secrets of stack t-config holds gateway in clear/);
    give(lab, ["nodes"]);
    refuses(loadConfig, /^Error: Stack t-config has encrypted values under nodes/);
  });

  it("refuses a lock that is not in the checkout", () => {
    give({ ...lab, release: `2020.1.0@sha256:${"0".repeat(64)}` });
    assert.throws(
      () => loadRelease(loadConfig()),
      /^Error: .*this checkout has no releases\/2020\.1\.0\.json/,
    );
  });
});
