import { createHash } from "node:crypto";
import { posix } from "node:path";

/**
 * The files of the project that a BPF source is made of: itself and what it includes in quotes, through all headers, by
 * path, sorted. `vmlinux.h` is made on the spot and no file of the project.
 * @param files texts by path relative to the checkout, `/` between folders
 */
export function sourceFiles(files: ReadonlyMap<string, string>, source: string): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const [, include = ""] of (files.get(path) ?? "").matchAll(
      /^[ \t]*#[ \t]*include[ \t]+"([^"]+)"/gm,
    )) {
      const candidates = [posix.join(posix.dirname(path), include), posix.join("bpf/include", include)];
      const hit = candidates.find((candidate) => files.has(candidate));
      if (hit !== undefined) visit(hit);
      else if (include !== "vmlinux.h")
        throw new Error(`${path} includes "${include}", which is neither beside it nor in bpf/include.`);
    }
  };
  if (!files.has(source)) throw new Error(`There is no BPF source ${source}.`);
  visit(source);
  return [...found].sort();
}

/** SHA-256 over one line `<sha256>  <path>` for each of a source's files, as `sha256sum` prints them. */
export function sourceDigest(files: ReadonlyMap<string, string>, source: string): string {
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const lines = sourceFiles(files, source).map((path) => `${sha256(files.get(path) ?? "")}  ${path}\n`);
  return sha256(lines.join(""));
}
