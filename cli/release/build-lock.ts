import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ARCHITECTURES,
  parsePins,
  sourceDigest,
  type BpfProgramLock,
  type ChartLock,
  type Digest,
  type ReleaseLock,
} from "@ebpf-platform/lib/release";
import { gatesDigest } from "@ebpf-platform/lib/rollout";
import { projectRoot } from "../../components/project-root";
import { requiredVersion } from "../engine/pins";
import { pinnedProviders } from "../engine/plugins";
import { Failure } from "../failure";
import { gateFiles } from "./gate-files";
import { lastLines, runCommand } from "../run-command";

export interface LockRequest {
  readonly version: string;
  /** Commit of program and policy, 40 hex digits. */
  readonly commit: string;
  /** Folder with the files of that commit. */
  readonly tree: string;
  /**
   * Folder of what was fetched from outside: `charts/<name>-<version>.tgz`, `k3s/<version>/k3s-<architecture>`,
   * `images/<reference with / and : as _>.manifest.json`. A file that is not there leaves its digest null.
   */
  readonly artifacts: string | undefined;
}

const BUILD_LIMIT_MS = 300_000;
const btfPath = "/sys/kernel/btf/vmlinux";

/** Builds the lock of a commit from its files, the tools of this machine and the artifacts in hand. */
export async function buildLock(request: LockRequest): Promise<ReleaseLock> {
  const { tree, artifacts } = request;
  const read = (path: string): string => readFileSync(join(tree, path), "utf8");
  const pins = parsePins(read("releases/pins.json"));
  const charts = Object.entries(pins.charts).map(([name, pin]): [string, ChartLock] => [
    name,
    {
      version: pin.version,
      repository: pin.repository,
      archive: artifactDigest(artifacts, `charts/${name}-${pin.version}.tgz`),
      values: { sha256: pin.valuesSha256 },
    },
  ]);
  const binaries = ARCHITECTURES.map((architecture): [string, Digest] => [
    architecture,
    artifactDigest(artifacts, `k3s/${pins.k3s}/k3s-${architecture}`),
  ]);
  return {
    schema: 1,
    version: request.version,
    commit: request.commit,
    tools: {
      pulumi: requiredVersion(read("tools/engine/cli/go.mod"), "github.com/pulumi/pulumi/pkg/v3"),
      plugins: Object.fromEntries(pinnedProviders(read("package.json"))),
      packages: { sha256: sha256(readFileSync(join(tree, "package-lock.json"))) },
    },
    k3s: { version: pins.k3s, binaries: Object.fromEntries(binaries) as ReleaseLock["k3s"]["binaries"] },
    charts: Object.fromEntries(charts),
    images: Object.fromEntries(pins.images.map((image) => [image, imageDigest(artifacts, image)])),
    bpf: await bpfLock(tree),
    gates: gatesLock(tree),
    kernel: { minimum: pins.minimumKernel },
    upgradeFrom: pins.upgradeFrom,
  };
}

function sha256(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function artifactDigest(artifacts: string | undefined, path: string): Digest {
  const file = artifacts === undefined ? undefined : join(artifacts, path);
  if (file === undefined || !existsSync(file)) {
    return { sha256: null, reason: `not in hand when the lock was made (artifact ${path})` };
  }
  return { sha256: sha256(readFileSync(file)) };
}

/** An image's digest is the registry's: the SHA-256 of its manifest, whose bytes the artifacts hold. */
function imageDigest(artifacts: string | undefined, image: string): Digest {
  return artifactDigest(artifacts, `images/${image.replaceAll(/[/:]/g, "_")}.manifest.json`);
}

function gatesLock(tree: string): Digest {
  const files = gateFiles(tree);
  if (files.size > 0) return { sha256: gatesDigest(files) };
  return { sha256: null, reason: "this version has no gate files gates/*.yaml" };
}

/** Builds every program of the tree with this machine's compiler. */
async function bpfLock(tree: string): Promise<ReleaseLock["bpf"]> {
  const sources = readdirSync(join(tree, "bpf"))
    .filter((file) => file.endsWith(".bpf.c"))
    .sort();
  const texts = bpfTexts(tree);
  const output = mkdtempSync(join(tmpdir(), "ebpf-platform-objects-"));
  try {
    const programs: [string, BpfProgramLock][] = [];
    for (const file of sources) {
      const name = file.slice(0, -".bpf.c".length);
      const object = join(output, `${name}.bpf.o`);
      await build(tree, name, object);
      programs.push([
        name,
        {
          source: { sha256: sourceDigest(texts, `bpf/${file}`) },
          object: { sha256: sha256(readFileSync(object)) },
        },
      ]);
    }
    return {
      compiler: (await buildScript(tree, ["--compiler"], "name its compiler")).trim(),
      btf: { sha256: sha256(readFileSync(btfPath)) },
      programs: Object.fromEntries(programs),
    };
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

/** The texts of `bpf/` and `bpf/include/` by path. */
function bpfTexts(tree: string): Map<string, string> {
  const folders = ["bpf", "bpf/include"].filter((folder) => existsSync(join(tree, folder)));
  const files = folders.flatMap((folder) =>
    readdirSync(join(tree, folder)).map((name) => `${folder}/${name}`),
  );
  return new Map(
    files
      .filter((path) => /\.[ch]$/.test(path))
      .map((path) => [path, readFileSync(join(tree, path), "utf8")]),
  );
}

async function build(tree: string, name: string, object: string): Promise<void> {
  await buildScript(tree, [name, object], `build bpf/${name}.bpf.c`);
}

async function buildScript(tree: string, args: readonly string[], what: string): Promise<string> {
  const script = join(tree, "bpf", "build.sh");
  const env = { ...process.env, EBPF_BUILD_CACHE: join(projectRoot(), ".cache", "bpf") };
  const answer = await runCommand("bash", [script, ...args], { env, timeoutMs: BUILD_LIMIT_MS });
  if (answer.code === 0) return answer.stdout;
  const status = answer.timedOut ? "no answer in 300 s" : `status ${String(answer.code)}`;
  throw new Failure(
    "missingPart",
    `A release is made of built objects, and bpf/build.sh could not ${what} (${status}): ${lastLines(answer.stderr, 5)}`,
  );
}
