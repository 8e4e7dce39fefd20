import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createState, stacksIn, stateOf } from "../../../../cli/stack/state";

describe("where a stack's state is kept", () => {
  const lab = {
    folder: "/p/.state/lab",
    backendUrl: "file:///p/.state/lab/backend",
    passphraseFile: "/p/.state/lab/passphrase",
  };

  it("keeps the lab inside the checkout", () => assert.deepEqual(stateOf("lab", {}, "/p"), lab));

  it("leaves other stacks to pulumi login", () => assert.deepEqual(stateOf("prod", {}, "/p"), {}));

  it("lets the user's backend and passphrase win", () => {
    const env = { PULUMI_BACKEND_URL: "s3://bucket" };
    assert.deepEqual(stateOf("lab", env, "/p"), { backendUrl: "s3://bucket" });
    const passphrase = { PULUMI_CONFIG_PASSPHRASE: "" };
    assert.deepEqual(stateOf("lab", passphrase, "/p"), { folder: lab.folder, backendUrl: lab.backendUrl });
  });

  it("isolates any stack with EBPF_PLATFORM_STATE_DIR, whatever else is set", () => {
    const env = {
      EBPF_PLATFORM_STATE_DIR: "/s",
      PULUMI_BACKEND_URL: "s3://bucket",
      PULUMI_CONFIG_PASSPHRASE: "x",
    };
    assert.deepEqual(stateOf("t-one", env, "/p"), {
      folder: "/s",
      backendUrl: "file:///s/backend",
      passphraseFile: "/s/passphrase",
    });
  });

  it("does not take what `platform env lab` exported for the user's own choice", () => {
    const env = {
      PULUMI_BACKEND_URL: lab.backendUrl,
      PULUMI_CONFIG_PASSPHRASE_FILE: lab.passphraseFile,
      EBPF_PLATFORM_ENV_STATE: lab.folder,
    };
    assert.deepEqual(stateOf("dev", env, "/p"), {});
    assert.deepEqual(stateOf("lab", env, "/p"), lab);
  });

  describe("on disk", () => {
    let folder = "";
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "state-"));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));
    const state = () => ({ folder: join(folder, "s"), passphraseFile: join(folder, "s", "passphrase") });

    it("makes a passphrase once, readable by its owner only", () => {
      assert.equal(createState(state()).newPassphrase, true);
      const first = readFileSync(state().passphraseFile, "utf8");
      assert.ok(first.length >= 40);
      assert.equal(statSync(state().passphraseFile).mode & 0o777, 0o600);
      assert.equal(createState(state()).newPassphrase, false);
      assert.equal(readFileSync(state().passphraseFile, "utf8"), first);
    });

    it("never replaces a lost passphrase under a living stack", () => {
      const stacks = join(state().folder, "backend", ".pulumi", "stacks", "ebpf-platform");
      mkdirSync(stacks, { recursive: true });
      writeFileSync(join(stacks, "lab.json"), "{}");
      writeFileSync(join(stacks, "lab.json.bak"), "{}");
      assert.deepEqual(stacksIn(state().folder), ["lab"]);
      assert.throws(() => createState(state()), /passphrase is gone/);
      assert.ok(!existsSync(state().passphraseFile));
    });

    it("makes nothing for a stack whose state is elsewhere", () => {
      createState({ backendUrl: "s3://bucket" });
      assert.deepEqual(stacksIn(folder), []);
    });
  });
});
