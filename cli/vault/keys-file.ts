import { closeSync, fsyncSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import * as z from "zod";
import { Failure, hasCode, messageOf } from "../failure";

const keysFile = z.object({
  /** How many of them unseal, or make a root token. */
  threshold: z.int().min(1),
  /** Base64, as Vault gave them: unseal keys, or recovery keys where something else unseals. */
  keys: z.array(z.string().min(1)).min(1),
});
export type VaultKeys = z.infer<typeof keysFile>;

/** The keys in a file. Throws a `Failure` that shows nothing of them. */
export function readKeys(path: string): VaultKeys | undefined {
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0)
      throw new Failure("usage", `Others may read ${path}, which holds Vault's keys; run: chmod 600 ${path}`);
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined;
  }
  const parsed = keysFile.safeParse(content);
  if (parsed.success && parsed.data.keys.length >= parsed.data.threshold) return parsed.data;
  throw new Failure("usage", `${path} is no file of keys that this program has written; give the right one.`);
}

/** A new file for keys, made before there are any: keys that could not be written would be lost for ever. */
export class NewKeysFile {
  private constructor(
    private readonly path: string,
    private readonly file: number,
  ) {}

  static create(path: string): NewKeysFile {
    try {
      return new NewKeysFile(path, openSync(path, "wx", 0o600));
    } catch (error) {
      throw new Failure("usage", `The file for Vault's keys cannot be made: ${messageOf(error)}.`);
    }
  }

  /** Writes them through to the disk. */
  keep(keys: VaultKeys): void {
    writeSync(this.file, `${JSON.stringify(keys, null, 2)}\n`);
    fsyncSync(this.file);
    closeSync(this.file);
  }

  /** No keys came. */
  discard(): void {
    closeSync(this.file);
    rmSync(this.path);
  }
}
