import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(__dirname, "..", "..");

/**
 * Builds a module of tools/ once into the cache; go.mod and go.sum pin versions and hashes. Returns the program's path,
 * or the name of what this machine lacks.
 * @param main the package to build, default the module's own
 */
export function buildGoTool(
  name: string,
  main = ".",
): { readonly tool: string } | { readonly missing: string } {
  const tool = cachedPath(name, main);
  const source = join(root, "tools", name);
  if (existsSync(tool)) return { tool };
  if (spawnSync("go", ["version"]).status !== 0) return { missing: "the Go toolchain" };
  mkdirSync(dirname(tool), { recursive: true });
  const args = ["build", "-mod=readonly", "-trimpath", "-o", tool, main];
  const built = spawnSync("go", args, { cwd: source, encoding: "utf8" });
  const reason = built.stderr.trim().split("\n").at(-1) ?? "";
  return built.status === 0 ? { tool } : { missing: `the Go modules of tools/${name} (${reason})` };
}

/** The same where it has been built before; what takes long to build is not built by the way. */
export function builtGoTool(
  name: string,
  main = ".",
): { readonly tool: string } | { readonly missing: string } {
  const tool = cachedPath(name, main);
  return existsSync(tool) ? { tool } : { missing: `tools/${name}, which only SOAK=1 builds` };
}

/** Where a module of tools/ lies once it is built: under the hash of its files. */
function cachedPath(name: string, main: string): string {
  const source = join(root, "tools", name);
  const hash = createHash("sha256").update(main);
  for (const file of readdirSync(source).sort()) hash.update(readFileSync(join(source, file)));
  return join(root, ".cache", name, hash.digest("hex").slice(0, 16));
}
