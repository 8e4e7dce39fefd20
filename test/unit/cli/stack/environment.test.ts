import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { engineVariables, renderExports, shellQuote } from "../../../../cli/stack/environment";

const engine = { bin: "/cache/bin", version: "3.253.0", origin: "cache" as const };
const state = { folder: "/s", backendUrl: "file:///s/backend", passphraseFile: "/s/passphrase" };

describe("the engine's environment", () => {
  it("puts engine and stand-ins first on PATH, once", () => {
    const plugins = { choices: [], path: ["/standins"] };
    const env = { PATH: "/cache/bin:/usr/bin:/standins:/bin" };
    const variables = engineVariables("lab", state, engine, plugins, env);
    assert.equal(variables["PATH"], "/cache/bin:/standins:/usr/bin:/bin");
    const again = engineVariables("lab", state, engine, plugins, { PATH: variables["PATH"] });
    assert.equal(again["PATH"], variables["PATH"]);
  });

  it("names backend and passphrase only when they are ours, and removes the agent", () => {
    const none = { choices: [], path: [] };
    const lab = engineVariables("lab", state, engine, none, {});
    assert.equal(lab["PULUMI_CONFIG_PASSPHRASE_FILE"], "/s/passphrase");
    assert.equal(lab["PULUMI_CONFIG_PASSPHRASE"], undefined);
    assert.ok("SSH_AUTH_SOCK" in lab && lab["SSH_AUTH_SOCK"] === undefined);
    const prod = engineVariables("prod", {}, engine, none, {});
    for (const name of ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_CONFIG_PASSPHRASE"]) {
      assert.ok(!(name in prod), name);
    }
  });

  it("lets Node keep compiled modules, where the user wants them or in the cache", () => {
    const none = { choices: [], path: [] };
    const home = engineVariables("lab", state, engine, none, { HOME: "/me" });
    assert.equal(home["NODE_COMPILE_CACHE"], "/me/.cache/ebpf-platform/node");
    const wanted = engineVariables("lab", state, engine, none, { NODE_COMPILE_CACHE: "/fast" });
    assert.equal(wanted["NODE_COMPILE_CACHE"], "/fast");
  });

  it("renders shell code that a shell reads back unchanged", () => {
    const word = fc.string({ unit: "binary", maxLength: 30 }).filter((text) => !/[\0\n\r]/.test(text));
    fc.assert(
      fc.property(word, (value) => {
        const code = `${renderExports({ X: value, GONE: undefined })}\nprintf %s "$X\${GONE-none}"`;
        assert.equal(
          execFileSync("sh", ["-c", code], { env: { GONE: "here" }, encoding: "utf8" }),
          `${value}none`,
        );
      }),
      { numRuns: 40 },
    );
  });

  it("quotes only what needs it", () => {
    assert.equal(shellQuote("/a/b:c.d"), "/a/b:c.d");
    assert.equal(shellQuote("it's"), `'it'\\''s'`);
    assert.equal(shellQuote(""), "''");
  });
});
