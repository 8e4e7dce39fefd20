import assert from "node:assert/strict";
import { utils } from "ssh2";
import { fingerprint, parseHostKey } from "../../../../components/node/connection";

describe("parseHostKey", () => {
  const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJvdHRsZXNhbmRwYXBlcmFuZHN0cmluZ3NhbmR0aGlu";

  it("takes ed25519 and ECDSA lines, with or without a comment", () => {
    assert.equal(parseHostKey(`  ${ed25519} root@host\n`, "edge").type, "ssh-ed25519");
    const ecdsa = utils.generateKeyPairSync("ecdsa", { bits: 256 }).public;
    assert.equal(parseHostKey(ecdsa, "edge").type, "ecdsa-sha2-nistp256");
  });

  for (const line of [
    "",
    "ssh-ed25519",
    "ssh-ed25519 AAAA",
    "ssh-ed25519 not*base64",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB",
    "SHA256:LHpJxWZWu09ACQZoiBvi/DqF9rSrY2fZKNHOV/9jzPQ",
    `ecdsa-sha2-nistp256 ${ed25519.split(" ")[1] ?? ""}`,
  ]) {
    it(`refuses "${line}" in one sentence that names the node`, () => {
      assert.throws(
        () => parseHostKey(line, "edge"),
        /^Error: The host key of node edge must be a line like .*\.pub of the node\.$/,
      );
    });
  }

  it("prints fingerprints as ssh-keygen does", () => {
    // ssh-keygen -lf on the line above
    assert.equal(
      fingerprint(parseHostKey(ed25519, "edge").blob),
      "SHA256:PnisPVYxNEWl3O56LXQ992IMKXtHj504CQg4g1ZQpsE",
    );
  });
});
