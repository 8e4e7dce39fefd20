import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The engine's own numbers for a passphrase (sdk/go/common/resource/config/crypt.go): PBKDF2 and AES-256-GCM. */
const KEY_ROUNDS = 1_000_000;
const KEY_BYTES = 32;
const SALT_BYTES = 8;
const NONCE_BYTES = 12;

/**
 * A salt in the engine's format: `v1:<salt>:v1:<nonce>:<the word "pulumi", encrypted>`, by which the engine checks
 * the passphrase.
 */
export function makeSalt(passphrase: string): string {
  const salt = randomBytes(SALT_BYTES);
  const key = pbkdf2Sync(passphrase, salt, KEY_ROUNDS, KEY_BYTES, "sha256");
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const sealed = Buffer.concat([cipher.update("pulumi", "utf8"), cipher.final(), cipher.getAuthTag()]);
  return ["v1", salt.toString("base64"), "v1", nonce.toString("base64"), sealed.toString("base64")].join(":");
}

/** True for a config whose values are encrypted: its salt belongs to it and is never touched. */
const hasSecrets = (config: string) => /^\s+secure:/m.test(config);

/** A stack config without its salt line. */
export function withoutSalt(config: string): string {
  return hasSecrets(config) ? config : config.replace(/^encryptionsalt:.*(\n|$)/m, "");
}

/** A stack config with this salt. */
export function withSalt(config: string, salt: string): string {
  if (hasSecrets(config)) return config;
  const bare = withoutSalt(config);
  return `${bare}${bare === "" || bare.endsWith("\n") ? "" : "\n"}encryptionsalt: ${salt}\n`;
}

/**
 * Lends a stack's salt to its committed config file while the engine runs. Without it the engine would make one and
 * rewrite the file; left in the file it would make every other clone, whose passphrase is another one, fail.
 */
export function lendSalt(config: string, folder: string, stack: string, passphraseFile: string): void {
  const file = join(folder, `${stack}.salt`);
  if (!existsSync(file))
    writeFileSync(file, makeSalt(readFileSync(passphraseFile, "utf8").trim()), { mode: 0o600 });
  rewrite(config, (text) => withSalt(text, readFileSync(file, "utf8")));
}

/** Takes the salt out of the config file again. */
export function takeSaltBack(config: string): void {
  if (existsSync(config)) rewrite(config, withoutSalt);
}

function rewrite(file: string, change: (text: string) => string): void {
  const text = readFileSync(file, "utf8");
  const changed = change(text);
  if (changed !== text) writeFileSync(file, changed);
}
