import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lendSalt, makeSalt, takeSaltBack, withoutSalt, withSalt } from "../../../../cli/stack/config-salt";

const config = "# why\nconfig:\n  a: { b: 1 } # trailing\n";

describe("the salt in a stack's config", () => {
  it("has the engine's format", () => {
    const base64 = (bytes: number) => `[A-Za-z0-9+/]{${Math.ceil(bytes / 3) * 4 - 2},}={0,2}`;
    assert.match(makeSalt("x"), new RegExp(`^v1:${base64(8)}:v1:${base64(12)}:${base64(22)}$`));
  });

  it("is added and taken away without touching anything else", () => {
    const salted = withSalt(config, "v1:x:v1:y:z==");
    assert.equal(salted, `${config}encryptionsalt: v1:x:v1:y:z==\n`);
    assert.equal(withSalt(salted, "v1:x:v1:y:z=="), salted);
    assert.equal(withoutSalt(salted), config);
    assert.equal(withoutSalt(config), config);
    assert.equal(withoutSalt(withSalt("", "v1:x")), "");
  });

  it("stays as it is where a value is encrypted with it", () => {
    const secret = "config:\n  k:\n    secure: v1:abc\nencryptionsalt: v1:old\n";
    assert.equal(withoutSalt(secret), secret);
    assert.equal(withSalt(secret, "v1:new"), secret);
  });

  it("is the same in every run of a stack", () => {
    const folder = mkdtempSync(join(tmpdir(), "salt-"));
    try {
      const file = join(folder, "Pulumi.t-salt.yaml");
      const passphrase = join(folder, "passphrase");
      writeFileSync(file, config);
      writeFileSync(passphrase, "secret");
      lendSalt(file, folder, "t-salt", passphrase);
      const first = readFileSync(file, "utf8");
      assert.equal(statSync(join(folder, "t-salt.salt")).mode & 0o777, 0o600);
      takeSaltBack(file);
      assert.equal(readFileSync(file, "utf8"), config);
      lendSalt(file, folder, "t-salt", passphrase);
      assert.equal(readFileSync(file, "utf8"), first);
      takeSaltBack(join(folder, "Pulumi.absent.yaml"));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
