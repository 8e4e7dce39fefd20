import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

/** An ed25519 key pair whose private half is secret from the first line. */
export interface KeyPair {
  /** OpenSSH format. */
  readonly privateKey: pulumi.Output<string>;
  /** One authorized_keys line without a line end. */
  readonly publicKey: pulumi.Output<string>;
}

/**
 * Makes a key pair that the state keeps. Ed25519: RSA host keys cannot be pinned, because the command provider offers
 * only their SHA-1 signatures.
 */
export function keyPair(name: string, opts: pulumi.CustomResourceOptions): KeyPair {
  const secretOutputs = ["privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"];
  const key = new tls.PrivateKey(
    name,
    { algorithm: "ED25519" },
    pulumi.mergeOptions(opts, { additionalSecretOutputs: secretOutputs }),
  );
  return {
    privateKey: pulumi.secret(key.privateKeyOpenssh),
    publicKey: key.publicKeyOpenssh.apply((line) => line.trim()),
  };
}
