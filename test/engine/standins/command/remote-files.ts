import { createReadStream, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { SFTPWrapper } from "ssh2";

// SSH_FX_NO_SUCH_FILE of the SFTP protocol (draft-ietf-secsh-filexfer-02, section 7).
const NO_SUCH_FILE = 2;

type Found = "folder" | "file" | undefined;

/** Copies over one SFTP session with the rules of the official provider; nothing here is atomic, as there. */
export class RemoteFiles {
  constructor(private readonly sftp: SFTPWrapper) {}

  async copyText(content: string, path: string): Promise<void> {
    if ((await this.find(path)) === "folder") {
      throw new Error(
        `remote path ${path} is a directory; when using a text asset, remotePath must be a file path`,
      );
    }
    await this.makeFolders(dirname(path));
    await this.write(Readable.from([Buffer.from(content)]), path);
  }

  /**
   * A file goes into an existing folder or to the path itself; a folder goes into the path, without its own name if
   * the source ends in a slash.
   */
  async copyPath(source: string, path: string): Promise<void> {
    const found = await this.find(path);
    if (!isFolder(source)) {
      if (found === undefined) await this.makeFolders(dirname(path));
      await this.write(createReadStream(source), found === "folder" ? join(path, basename(source)) : path);
      return;
    }
    if (found === undefined) await this.makeFolders(path);
    let target = path;
    if (!source.endsWith("/")) {
      target = join(path, basename(source));
      await this.makeFolder(target);
    }
    await this.copyFolder(source, target);
  }

  async write(content: Readable, path: string): Promise<void> {
    try {
      await pipeline(content, this.sftp.createWriteStream(path));
    } catch (error) {
      throw new Error(`failed to create remote file ${path}: ${messageOf(error)}`, { cause: error });
    }
  }

  private async copyFolder(source: string, target: string): Promise<void> {
    for (const entry of readdirSync(source, { withFileTypes: true })) {
      const path = join(target, entry.name);
      if (!entry.isDirectory()) await this.write(createReadStream(join(source, entry.name)), path);
      else {
        await this.makeFolder(path);
        await this.copyFolder(join(source, entry.name), path);
      }
    }
  }

  private async makeFolders(path: string): Promise<void> {
    const found = await this.find(path);
    if (found === "folder") return;
    if (found === "file") throw new Error(`failed to create parent directories for ${path}: not a directory`);
    if (dirname(path) !== path) await this.makeFolders(dirname(path));
    await this.makeFolder(path);
  }

  private async makeFolder(path: string): Promise<void> {
    const found = await this.find(path);
    if (found === "folder") return;
    if (found === "file") throw new Error(`remote path ${path} exists but is not a directory`);
    await new Promise<void>((resolve, reject) => {
      this.sftp.mkdir(path, (error) => {
        if (error) reject(new Error(`failed to create remote directory ${path}: ${error.message}`));
        else resolve();
      });
    });
  }

  private find(path: string): Promise<Found> {
    return new Promise((resolve, reject) => {
      this.sftp.stat(path, (error, stats) => {
        if (!error) resolve(stats.isDirectory() ? "folder" : "file");
        else if ("code" in error && error.code === NO_SUCH_FILE) resolve(undefined);
        else reject(new Error(`failed to stat remote path ${path}: ${error.message}`));
      });
    });
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new Error(`open ${path}: no such file or directory`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
