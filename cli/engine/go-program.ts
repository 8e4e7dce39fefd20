import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { messageOf } from "../failure";
import { withProgress } from "../progress";
import { cacheRoot } from "./cache";
import { withCacheLock } from "./cache-lock";
import { goEnvironment, goRun } from "./go-run";
import { ensureGo } from "./go-toolchain";
import { removeLeftovers } from "./install-folder";
import { BUILD_FLAGS, goArchitecture, goDirective, requiredVersion } from "./pins";

/** A program of others that is built from Go modules, because no registry has it ready to run. */
export interface GoProgram {
  /** Name of the executable and of its folder under `tools/`, whose go.mod and go.sum pin every byte. */
  readonly name: string;
  /** Module whose version is the program's. */
  readonly module: string;
  /** Package to build. */
  readonly main: string;
  /** Values of string variables, for programs that learn their version from the linker. */
  readonly variables: (version: string) => Readonly<Record<string, string>>;
  /** How long it takes, for a person who waits. */
  readonly takes: string;
}

/** Where a built program lies; its name says version, platform and the hash of everything it was made from. */
export function goProgramPath(program: GoProgram): { file: string; version: string; go: string } {
  const module = join(projectRoot(), "tools", program.name);
  const [goMod = "", goSum = ""] = ["go.mod", "go.sum"].map((file) =>
    readFileSync(join(module, file), "utf8"),
  );
  const version = requiredVersion(goMod, program.module);
  const inputs = createHash("sha256")
    .update(JSON.stringify([BUILD_FLAGS, program.main, program.variables(version), goMod, goSum]))
    .digest("hex")
    .slice(0, 12);
  const folder = `${program.name}-${version}-linux-${goArchitecture()}-${inputs}`;
  return {
    file: join(cacheRoot(), "programs", folder, program.name),
    version,
    go: goDirective(goMod),
  };
}

/**
 * The program, from the cache or built into it once: one builder at a time, complete by one rename. Gives the reason
 * when this machine cannot build it.
 */
export async function ensureGoProgram(
  program: GoProgram,
  note: (text: string) => void,
): Promise<{ file: string; version: string } | { reason: string }> {
  const { file, version, go } = goProgramPath(program);
  if (existsSync(file)) return { file, version };
  const target = dirname(file);
  const onWait = (pid: number) => note(`Process ${pid} is building ${program.name}; waiting for it.`);
  return withCacheLock(`${target}.lock`, onWait, async () => {
    if (existsSync(file)) return { file, version };
    removeLeftovers(target);
    const found = await ensureGo(go, note);
    if ("reason" in found) return found;
    note(
      `Building ${program.name} ${version} from Go modules with ${found.version}: ${program.takes}, once.`,
    );
    const work = `${target}.work-${process.pid}`;
    const draft = `${target}.draft-${process.pid}`;
    const flags = Object.entries(program.variables(version)).map(([name, value]) => `-X ${name}=${value}`);
    const args = [
      ...["build", ...BUILD_FLAGS, "-ldflags", ["-s", "-w", ...flags].join(" ")],
      ...["-o", join(draft, program.name), program.main],
    ];
    try {
      for (const folder of [work, draft]) mkdirSync(folder, { recursive: true });
      await withProgress(`Building ${program.name} ${version}`, () =>
        goRun(found, goEnvironment(found, work), join(projectRoot(), "tools", program.name), args),
      );
      rmSync(target, { recursive: true, force: true });
      renameSync(draft, target);
      return { file, version };
    } catch (error) {
      return { reason: messageOf(error) };
    } finally {
      for (const folder of [work, draft]) rmSync(folder, { recursive: true, force: true });
    }
  });
}
