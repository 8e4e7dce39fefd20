import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { Failure } from "../failure";
import type { VaultApi } from "./api";
import { NewKeysFile, readKeys, type VaultKeys } from "./keys-file";

/** Shares and threshold that HashiCorp's own documentation starts with. */
const SHARES = 5;
const THRESHOLD = 3;
const JOIN_LIMIT_MS = 90_000;
const PAUSE_MS = 500;

const sealStatus = z.object({ type: z.string(), initialized: z.boolean(), sealed: z.boolean(), t: z.int() });
const initAnswer = z.object({
  keys_base64: z.array(z.string()),
  recovery_keys_base64: z.array(z.string()).nullish(),
  root_token: z.string(),
});

export interface Opened {
  readonly keys: VaultKeys | undefined;
  /** Only from the run that initialised. */
  readonly rootToken: string | undefined;
  /** Names of the servers that were sealed. */
  readonly unsealed: readonly string[];
}

/** Initialises the first server if none is, and unseals all of them. */
export async function openVault(servers: readonly VaultApi[], keysPath: string): Promise<Opened> {
  const [first] = servers;
  if (!first) throw new Failure("usage", "There is no Vault server to ask; give one.");
  const status = await statusOf(first);
  let keys = readKeys(keysPath);
  let rootToken: string | undefined;
  if (!status.initialized) {
    if (keys)
      throw new Failure(
        "usage",
        `Vault ${first.server.name} is empty, and ${keysPath} has the keys of another; give a path where there is no file.`,
      );
    ({ keys, rootToken } = await initialise(first, status.type, keysPath));
  }
  const unsealed: string[] = [];
  for (const server of servers) if (await unseal(server, keys, keysPath)) unsealed.push(server.server.name);
  return { keys, rootToken, unsealed };
}

async function initialise(server: VaultApi, seal: string, keysPath: string) {
  const file = NewKeysFile.create(keysPath);
  const shares =
    seal === "shamir"
      ? { secret_shares: SHARES, secret_threshold: THRESHOLD }
      : { recovery_shares: SHARES, recovery_threshold: THRESHOLD };
  let answer: z.infer<typeof initAnswer>;
  try {
    answer = initAnswer.parse(await server.write("sys/init", shares));
  } catch (error) {
    file.discard();
    throw error;
  }
  const { keys_base64, recovery_keys_base64, root_token } = answer;
  const keys = { threshold: THRESHOLD, keys: seal === "shamir" ? keys_base64 : (recovery_keys_base64 ?? []) };
  file.keep(keys);
  return { keys, rootToken: root_token };
}

/** Whether it was sealed and is no more. */
async function unseal(server: VaultApi, keys: VaultKeys | undefined, keysPath: string): Promise<boolean> {
  const status = await joined(server);
  if (!status.sealed) return false;
  if (status.type !== "shamir")
    throw new Failure(
      "failed",
      `Vault ${server.server.name} is sealed and its seal ${status.type} has not opened it; look at that service and at Vault's log.`,
    );
  if (!keys)
    throw new Failure(
      "failed",
      `Vault ${server.server.name} is sealed and there is no file ${keysPath}; give the file that its first bootstrap wrote with --keys.`,
    );
  // What somebody has begun by hand would mix with our keys.
  await server.write("sys/unseal", { reset: true });
  for (const key of keys.keys.slice(0, keys.threshold)) {
    const after = sealStatus.parse(await server.write("sys/unseal", { key }));
    if (!after.sealed) return true;
  }
  throw new Failure(
    "failed",
    `Vault ${server.server.name} stays sealed after ${String(keys.threshold)} keys of ${keysPath}; they are those of another Vault.`,
  );
}

async function statusOf(server: VaultApi): Promise<z.infer<typeof sealStatus>> {
  return sealStatus.parse(await server.read("sys/seal-status"));
}

/** A server joins the first one by itself, some seconds after that one is open. */
async function joined(server: VaultApi): Promise<z.infer<typeof sealStatus>> {
  const deadline = Date.now() + JOIN_LIMIT_MS;
  for (;;) {
    const status = await statusOf(server);
    if (status.initialized) return status;
    if (Date.now() + PAUSE_MS > deadline)
      throw new Failure(
        "failed",
        `Vault ${server.server.name} has not joined the first server after 90 s; look at its log for retry_join.`,
      );
    await sleep(PAUSE_MS);
  }
}
