import { existsSync, readFileSync, writeFileSync } from "node:fs";

/**
 * A stack config without the salt that the engine wrote into it; undefined when there is nothing to do. A file with
 * encrypted values keeps its salt, because they cannot be read without it.
 */
export function withoutSalt(config: string): string | undefined {
  if (/^\s+secure:/m.test(config)) return undefined;
  const cleaned = config.replace(/^encryptionsalt:.*(\n|$)/m, "");
  return cleaned === config ? undefined : cleaned;
}

/**
 * Takes the salt out of a committed Pulumi.<stack>.yaml. For a stack whose passphrase is generated in this checkout
 * the salt in the state is the one that counts (PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER); one in the file would
 * make every other clone fail with "incorrect passphrase".
 */
export function removeSalt(file: string): void {
  if (!existsSync(file)) return;
  const cleaned = withoutSalt(readFileSync(file, "utf8"));
  if (cleaned !== undefined) writeFileSync(file, cleaned);
}
