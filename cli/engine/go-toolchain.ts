import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { withProgress } from "../progress";
import { lastLines, runCommand } from "../run-command";
import { cacheRoot } from "./cache";
import { engineModule, readToolchainPin, type ToolchainPin } from "./pins";
import { isAtLeast } from "./version";

/** A Go that can build the engine. `fetched` when it is ours and its caches need not be kept. */
export interface Go {
  executable: string;
  version: string;
  fetched: boolean;
}

async function versionOf(executable: string): Promise<string> {
  // GOTOOLCHAIN=local: the version of this Go, not of one it would fetch. Old clients do not know the variable.
  const env = { ...process.env, GOTOOLCHAIN: "local" };
  return (
    await runCommand(executable, ["env", "GOVERSION"], { env, cwd: "/", timeoutMs: 20_000 })
  ).stdout.trim();
}

/** Every `go` that may start: PATH, then Debian's versioned folders, which a minimal PATH does not hold. */
export function goCandidates(path: string, versionedRoot = "/usr/lib"): string[] {
  const debian = existsSync(versionedRoot)
    ? readdirSync(versionedRoot).filter((name) => /^go-\d/.test(name))
    : [];
  const folders = [...path.split(delimiter), ...debian.map((name) => join(versionedRoot, name, "bin"))];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "go"))
    .filter((file) => existsSync(file));
}

/** A module's files come without the executable bit (zip format of the module protocol): tools get it back. */
async function makeExecutable(goRoot: string): Promise<void> {
  const tools = join(goRoot, "pkg", "tool");
  const platforms = existsSync(tools) ? readdirSync(tools).map((name) => join(tools, name)) : [];
  const folders = [join(goRoot, "bin"), ...platforms];
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  const answer = await runCommand("chmod", ["+x", ...files]);
  if (answer.code !== 0) throw new Error(`chmod of the Go toolchain failed: ${lastLines(answer.stderr, 1)}`);
}

/** Lets any Go fetch the pinned toolchain as an ordinary module and checks its hash against ours. */
async function fetchToolchain(
  bootstrap: string,
  pin: ToolchainPin,
  target: string,
): Promise<string | undefined> {
  const work = `${target}.draft-${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    const env = {
      ...process.env,
      GOTOOLCHAIN: "local",
      GOFLAGS: "-modcacherw",
      GOWORK: "off",
      GOPATH: work,
      GOMODCACHE: join(work, "mod"),
      GOCACHE: join(work, "build"),
    };
    const answer = await withProgress(`Fetching the Go toolchain ${pin.version} as a module`, () =>
      runCommand(bootstrap, ["mod", "download", "-json", `golang.org/toolchain@${pin.version}`], {
        cwd: engineModule("toolchain"),
        env,
        timeoutMs: 600_000,
      }),
    );
    if (answer.code !== 0) {
      return `golang.org/toolchain@${pin.version} could not be fetched: ${lastLines(answer.stderr || answer.stdout, 3)}`;
    }
    const { Dir, Sum } = JSON.parse(answer.stdout) as { Dir: string; Sum: string };
    if (Sum !== pin.sum)
      return `golang.org/toolchain@${pin.version} has the hash ${Sum}, pinned is ${pin.sum}`;
    await makeExecutable(Dir);
    rmSync(target, { recursive: true, force: true });
    renameSync(Dir, target);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Debian's Go, whatever its age, is enough to fetch the pinned one. */
async function installBootstrapGo(note: (text: string) => void): Promise<string | undefined> {
  note("There is no Go on this machine; apt's golang-go is installed to fetch the pinned toolchain with it.");
  const script = join(projectRoot(), "scripts", "install-packages.mjs");
  const answer = await withProgress("Installing golang-go", () =>
    runCommand(process.execPath, [script, "golang-go"]),
  );
  return answer.code === 0 ? undefined : lastLines(answer.stderr || answer.stdout, 1);
}

/** A Go of at least `wanted`: on PATH, in the cache, or the pinned toolchain fetched as a module. */
export async function ensureGo(
  wanted: string,
  note: (text: string) => void,
): Promise<Go | { reason: string }> {
  const path = process.env["PATH"] ?? "";
  const found = goCandidates(path);
  for (const executable of found) {
    const version = await versionOf(executable);
    if (isAtLeast(version, wanted)) return { executable, version, fetched: false };
  }
  const pin = readToolchainPin();
  if (pin === undefined) return { reason: `tools/engine/toolchain/go.sum pins no Go for ${process.arch}` };
  const version = pin.version.replace(/^v[^-]*-(go[\d.]+)\..*$/, "$1");
  const target = join(cacheRoot(), "go", `${version}-${process.arch}`);
  const ours = { executable: join(target, "bin", "go"), version, fetched: true };
  if (existsSync(ours.executable)) return ours;
  if (found.length === 0) {
    const failure = await installBootstrapGo(note);
    if (failure !== undefined) {
      return {
        reason: `there is no Go to build with and ${failure}; install Go ${wanted} or newer and run again`,
      };
    }
  }
  const bootstrap = goCandidates(path)[0];
  if (bootstrap === undefined)
    return { reason: `no go was found; install Go ${wanted} or newer and run again` };
  const failure = await fetchToolchain(bootstrap, pin, target);
  return failure === undefined ? ours : { reason: `${failure}; install Go ${wanted} or newer and run again` };
}
