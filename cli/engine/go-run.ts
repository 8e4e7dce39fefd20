import { join } from "node:path";
import { lastLines, runCommand } from "../run-command";
import type { Go } from "./go-toolchain";

/** The user's own Go keeps its caches; a fetched one works in a folder that is removed with the build. */
export function goEnvironment(go: Go, work: string): NodeJS.ProcessEnv {
  const own = go.fetched || !process.env["HOME"];
  return {
    ...process.env,
    GOTOOLCHAIN: "local",
    GOWORK: "off",
    CGO_ENABLED: "0", // no C compiler and no dependence on this machine's libc
    GOFLAGS: own ? "-modcacherw" : "",
    // A fetched Go finds its own root; GOROOT would name the old one's.
    ...(go.fetched ? { GOROOT: undefined } : {}),
    ...(own ? { GOPATH: work, GOMODCACHE: join(work, "mod"), GOCACHE: join(work, "build") } : {}),
  };
}

/** Runs `go` behind everything else of the machine and gives its output; throws its last lines. */
export async function goRun(
  go: Go,
  env: NodeJS.ProcessEnv,
  cwd: string,
  args: readonly string[],
): Promise<string> {
  const answer = await runCommand("nice", [go.executable, ...args], { cwd, env });
  if (answer.code === 0) return answer.stdout;
  throw new Error(`go ${args[0]} in ${cwd} failed: ${lastLines(answer.stderr, 3)}`);
}
