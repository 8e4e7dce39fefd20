import { desiredVault, type VaultDatabase } from "@ebpf-platform/lib/vault";
import { Failure } from "../failure";
import type { VaultApi } from "./api";
import { configure } from "./configure";
import { makeRootToken } from "./root-token";
import { openVault } from "./unseal";

export interface BootstrapArgs {
  /** The servers of one Vault, the first one first. */
  readonly servers: readonly VaultApi[];
  /** Where the keys are, or will be. */
  readonly keysPath: string;
  readonly databases: readonly VaultDatabase[];
  readonly note: (text: string) => void;
}

/** What a bootstrap did; nothing in it is secret. */
export interface BootstrapReport {
  readonly initialised: boolean;
  readonly unsealed: readonly string[];
  /** Paths that were written. */
  readonly written: readonly string[];
  readonly rootTokenRevoked: true;
}

/**
 * Initialises and unseals Vault, makes it what the platform needs, and revokes the root token it did that with, whatever
 * happens. Safe to repeat: a second run finds everything and writes nothing.
 */
export async function bootstrap({
  servers,
  keysPath,
  databases,
  note,
}: BootstrapArgs): Promise<BootstrapReport> {
  const { keys, rootToken, unsealed } = await openVault(servers, keysPath);
  const [first] = servers;
  if (!first || !keys)
    throw new Failure(
      "usage",
      `There is no file ${keysPath}, and only its keys allow to change Vault; give the file that the first bootstrap wrote with --keys.`,
    );
  if (rootToken !== undefined)
    note(
      `Vault is initialised; ${keysPath} has its keys. Spread them over several people, apart from this machine.`,
    );
  const vault = first.withToken(rootToken ?? (await makeRootToken(first, keys)));
  let written: string[];
  try {
    written = await configure(vault, desiredVault(databases));
  } finally {
    await vault.write("auth/token/revoke-self", {});
  }
  return { initialised: rootToken !== undefined, unsealed, written, rootTokenRevoked: true };
}
