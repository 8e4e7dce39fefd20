import * as z from "zod";
import { Failure } from "../failure";
import type { VaultApi } from "./api";
import type { VaultKeys } from "./keys-file";

const ATTEMPT = "sys/generate-root/attempt";
const begun = z.object({ started: z.boolean(), nonce: z.string(), otp: z.string() });
const progress = z.object({ complete: z.boolean(), encoded_token: z.string() });

/** A root token made from the keys, for one run; whoever asks for it revokes it. */
export async function makeRootToken(vault: VaultApi, { keys, threshold }: VaultKeys): Promise<string> {
  if ((await vault.read(ATTEMPT))?.["started"] === true)
    throw new Failure(
      "failed",
      `Somebody is making a root token for Vault ${vault.server.name} right now; wait, or cancel it with: vault operator generate-root -cancel`,
    );
  const { nonce, otp } = begun.parse(await vault.write(ATTEMPT, {}));
  try {
    for (const key of keys.slice(0, threshold)) {
      const step = progress.parse(await vault.write("sys/generate-root/update", { nonce, key }));
      if (step.complete) return decode(step.encoded_token, otp);
    }
  } catch (error) {
    await vault.delete(ATTEMPT);
    throw error;
  }
  await vault.delete(ATTEMPT);
  throw new Failure(
    "failed",
    `Vault ${vault.server.name} made no root token of the keys; they are those of another Vault.`,
  );
}

/** The token comes as base64 without padding, each byte with one of the one-time pad (vault/generate_root.go). */
function decode(encoded: string, otp: string): string {
  const pad = Buffer.from(otp, "utf8");
  const bytes = Buffer.from(encoded, "base64");
  return Buffer.from(bytes.map((byte, index) => byte ^ (pad[index] ?? 0))).toString("utf8");
}
