/** One file or folder of an archive; folders end in a slash. */
export interface ArchiveFile {
  /** From the root of the archive, without a leading slash. */
  readonly path: string;
  readonly content?: Buffer | string;
  /** Permissions. Default 0o644, folders 0o755. */
  readonly mode?: number;
}

const FOLDER = 0o040000;
const FILE = 0o100000;

/**
 * An archive as the kernel unpacks it into its first root ("newc" of cpio(5), Documentation/driver-api/early-userspace).
 * Folders above a file are made without being named.
 */
export function cpio(files: readonly ArchiveFile[]): Buffer {
  const folders = new Set(
    files.flatMap(({ path }) => {
      const parts = path.split("/").slice(0, -1);
      return parts.map((_, depth) => parts.slice(0, depth + 1).join("/"));
    }),
  );
  const entries = [
    ...[...folders].sort().map((path) => entry(path, FOLDER | 0o755, Buffer.alloc(0))),
    ...files
      .filter(({ path }) => !path.endsWith("/"))
      .map(({ path, content = "", mode = 0o644 }) => entry(path, FILE | mode, Buffer.from(content))),
  ];
  return Buffer.concat([...entries, entry("TRAILER!!!", 0, Buffer.alloc(0))]);
}

function entry(path: string, mode: number, content: Buffer): Buffer {
  const name = Buffer.from(`${path}\0`);
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(head), name])), padded(content)]);
}

/** Everything starts at a multiple of four bytes. */
function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}
