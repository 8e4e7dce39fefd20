import { join } from "node:path";
import { projectRoot } from "../project-root";
import { runBuild, type Build } from "./build-script";

/** The loader for nodes, built here or found in the cache. One static binary with the XDP root program inside. */
export function buildLoader(): Build {
  const script = join(projectRoot(), "bpf", "loader", "build.sh");
  return runBuild({
    script,
    what: "the BPF loader (bpf/loader)",
    inputs: ["--inputs"],
    compiler: ["--compiler"],
    build: (output) => [output],
    salt: [],
  });
}
