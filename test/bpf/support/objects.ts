import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "mocha";
import { projectRoot } from "../../../components/project-root";
import { missing } from "../../support/missing";

const root = projectRoot();
const cache = join(root, ".cache", "bpf", "test");
/** build.sh's exit status for a missing tool (sysexits.h, EX_UNAVAILABLE). */
const UNAVAILABLE = 69;

function digest(...parts: (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 16);
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) {
    throw Object.assign(new Error(`${command} ${args.join(" ")} ended with ${String(status)}:\n${stderr}`), {
      status,
    });
  }
  return stdout;
}

/** Skips the suite with the name of the part when this machine cannot compile or load BPF programs. */
export function requireBpf(context: Context): void {
  if (process.getuid?.() !== 0) missing(context, "root, for CAP_BPF");
  if (!existsSync("/sys/kernel/btf/vmlinux")) missing(context, "kernel BTF");
  for (const [tool, part] of [
    ["clang", "clang"],
    ["llvm-strip", "llvm"],
    ["bpftool", "bpftool"],
    ["cc", "C compiler"],
  ] as const) {
    const found = (process.env.PATH ?? "")
      .split(":")
      .concat("/usr/sbin")
      .some((folder) => {
        try {
          accessSync(join(folder, tool));
          return true;
        } catch {
          return false;
        }
      });
    if (!found) missing(context, part);
  }
  if (!existsSync("/usr/include/bpf/libbpf.h")) missing(context, "libbpf headers");
}

/** Compiles a source (a name in bpf/, or a path from the project root) once for each content; returns the object's path. */
export function buildObject(source: string, flags: readonly string[] = []): string {
  const script = join(root, "bpf", "build.sh");
  const path = source.includes("/") ? join(root, source) : source;
  const inputs = run(script, ["--inputs", path]).trim().split("\n");
  const key = digest(readFileSync(script), ...flags, ...inputs.map((file) => readFileSync(file)));
  const name = source.replace(/^.*\//, "").replace(/\.bpf\.c$/, "");
  const output = join(cache, `${name}-${key}.bpf.o`);
  if (!existsSync(output)) run(script, [path, output, ...flags]);
  return output;
}

/** Builds the packet runner once for each content; returns its path. */
export function buildRunner(): string {
  return buildTool("runner");
}

/** Builds the HTTP server and clients of test/bpf/traffic once for each content; returns their path. */
export function buildTraffic(): string {
  return buildTool("traffic");
}

function buildTool(name: string): string {
  const folder = join(root, "test", "bpf", name);
  const sources = readdirSync(folder).map((file) => readFileSync(join(folder, file)));
  const output = join(cache, `${name}-${digest(...sources)}`);
  mkdirSync(cache, { recursive: true });
  if (!existsSync(output)) run(join(folder, "build.sh"), [output]);
  return output;
}

export { UNAVAILABLE };
