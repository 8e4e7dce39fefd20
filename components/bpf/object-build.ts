import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { projectRoot } from "../project-root";
import { BuildError, hashFiles, runBuild, type Build } from "./build-script";

/** Builds `bpf/<source>.bpf.c` here. Throws `BuildError` with clang's words, file and line. */
export function buildObject(source: string, flags: readonly string[] = []): Build {
  const script = buildScript();
  return runBuild({
    script,
    what: `the BPF object ${source} (bpf/${source}.bpf.c)`,
    inputs: ["--inputs", source],
    compiler: ["--compiler"],
    build: (output) => [source, output, ...flags],
    salt: flags,
  });
}

/** Files of a source for a node that builds by itself. */
export interface SourceBundle {
  readonly sourceSha256: string;
  /** Path below `bpf/` and text of each file: the source, all shared headers, the build script. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** Collects a source with all shared headers; needs no compiler here. Throws `BuildError` when there is no such source. */
export function bundleSource(source: string): SourceBundle {
  const folder = join(projectRoot(), "bpf");
  const main = join(folder, `${source}.bpf.c`);
  if (!existsSync(main)) {
    throw new BuildError(`There is no BPF source ${main}; correct the key bpf.programs[].source.`);
  }
  const include = join(folder, "include");
  const headers = readdirSync(include)
    .sort()
    .map((name) => join(include, name));
  const paths = [main, buildScript(), ...headers];
  return {
    sourceSha256: hashFiles(paths),
    files: paths.map((path) => ({ path: relative(folder, path), text: readFileSync(path, "utf8") })),
  };
}

function buildScript(): string {
  return join(projectRoot(), "bpf", "build.sh");
}
