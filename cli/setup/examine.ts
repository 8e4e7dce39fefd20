import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../components/project-root";
import { goCandidates } from "../engine/go-toolchain";
import { lookForEngine } from "../engine/locate";
import { MINIMUM_PULUMI, readPins } from "../engine/pins";
import { officialIsPresent, pinnedProviders } from "../engine/plugins";
import { isAtLeast } from "../engine/version";
import { runCommand } from "../run-command";
import { kernelFindings } from "./kernel";

/** One line of the doctor: what was looked for, what is there, and the way out. */
export interface Finding {
  part: string;
  found: string;
  wanted: string;
  ok: boolean;
  /** False for what has another way or only limits some features. */
  required: boolean;
  remedy?: string;
}

interface WantedPackage {
  name: string;
  why: string;
}

function machineFindings(manifest: string): Finding[] {
  const wantedNode = (JSON.parse(manifest) as { engines: { node: string } }).engines.node.replace(/^>=/, "");
  const root = process.getuid?.() === 0;
  return [
    {
      part: "node",
      found: process.version,
      wanted: `${wantedNode} or newer`,
      ok: isAtLeast(process.version, wantedNode),
      required: true,
      remedy: `install Node ${wantedNode} or newer`,
    },
    {
      part: "system",
      found: process.platform,
      wanted: "linux",
      ok: process.platform === "linux",
      required: true,
      remedy: "use a Linux machine or VM",
    },
    {
      part: "user",
      found: root ? "root" : `uid ${process.getuid?.() ?? "unknown"}`,
      wanted: "root",
      ok: root,
      required: true,
      remedy: "run as root: nodes are containers with their own network",
    },
  ];
}

async function packageFindings(): Promise<Finding[]> {
  const file = join(projectRoot(), "scripts", "packages.json");
  const { packages } = JSON.parse(readFileSync(file, "utf8")) as { packages: WantedPackage[] };
  const query = [
    "-W",
    "-f",
    "${Package} ${db:Status-Status} ${Version}\n",
    ...packages.map(({ name }) => name),
  ];
  const { stdout } = await runCommand("dpkg-query", query);
  const installed = new Map(
    stdout
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([, state]) => state === "installed")
      .map(([name = "", , version = ""]) => [name, version]),
  );
  return packages.map(({ name, why }) => ({
    part: `apt ${name}`,
    found: installed.get(name) ?? "not installed",
    wanted: why,
    ok: installed.has(name),
    required: true,
    remedy: `npm start installs it, or: apt-get install ${name}`,
  }));
}

async function engineFindings(manifest: string): Promise<Finding[]> {
  const pins = readPins();
  const engine = await lookForEngine();
  const hasEngine = !("reason" in engine);
  const go = goCandidates(process.env["PATH"] ?? "")[0];
  const goVersion = go === undefined ? "" : (await runCommand(go, ["env", "GOVERSION"], { cwd: "/" })).stdout;
  return [
    {
      part: "pulumi",
      found: hasEngine ? `${engine.version} (${engine.origin}, ${engine.bin})` : engine.reason,
      wanted: `${MINIMUM_PULUMI} or newer; else ${pins.pulumi} is fetched or built`,
      ok: hasEngine,
      required: false,
    },
    {
      part: "go",
      found: goVersion || "none",
      wanted: `${pins.go} or newer, only to build pulumi`,
      ok: isAtLeast(goVersion, pins.go),
      required: false,
    },
    ...[...pinnedProviders(manifest)].map(([provider, version]) => {
      const official = officialIsPresent(provider, version, process.env);
      return {
        part: `plugin ${provider}`,
        found: official ? "official" : "not installed",
        wanted: `${version}; else a stand-in for nspawn stacks`,
        ok: official,
        required: false,
      };
    }),
  ];
}

/** Everything `platform doctor` shows, in its order. Looks only; installs and fetches nothing. */
export async function examineMachine(): Promise<Finding[]> {
  const manifest = readFileSync(join(projectRoot(), "package.json"), "utf8");
  return [
    ...machineFindings(manifest),
    ...(await packageFindings()),
    ...(await engineFindings(manifest)),
    ...kernelFindings(),
  ];
}
