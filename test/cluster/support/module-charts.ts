import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "../../../cli/engine/cache";
import { ensureGo } from "../../../cli/engine/go-toolchain";
import { lastLines, runCommand } from "../../../cli/run-command";
import { projectRoot } from "../../../components/project-root";
import { parsePins } from "../../../lib/src/release";

/** A chart that lies in the source of its product, which is a Go module of the chart's version. */
interface ModuleChart {
  readonly chart: string;
  readonly module: string;
  readonly folder: string;
  /** Hash of the module's content, as the checksum database of Go modules has it. */
  readonly sum: string;
}

const charts: readonly ModuleChart[] = [
  {
    // Its released chart has the digests of its images in its values; that is all that differs.
    chart: "cilium",
    module: "github.com/cilium/cilium",
    folder: "install/kubernetes/cilium",
    sum: "h1:ChjrRtiDjtLKe0FkygGTMxEIUtqQh5lEXZL+bLfeb1I=",
  },
  {
    chart: "tetragon",
    module: "github.com/cilium/tetragon",
    folder: "install/kubernetes/tetragon",
    sum: "h1:OrIjiUEUZKwipxSXbhztwVc5PeUxt7SEtLZpPx6jg8U=",
  },
  {
    chart: "gatekeeper",
    module: "github.com/open-policy-agent/gatekeeper/v3",
    folder: "charts/gatekeeper",
    sum: "h1:EsHlckoL94WFQu3Z59D12rdGuaDul0GSDBIFjuBGBCc=",
  },
];

/**
 * Puts the charts of Go modules, in the versions of the release, into a folder as `platform render --charts` wants it.
 * The modules stay in Go's own cache. Gives the charts, or the reason when they cannot be had.
 */
export async function fetchModuleCharts(folder: string): Promise<readonly string[] | { missing: string }> {
  const pins = parsePins(readFileSync(join(projectRoot(), "releases", "pins.json"), "utf8"));
  const go = await ensureGo("1.21", (text) => process.stderr.write(`${text}\n`));
  if ("reason" in go) return { missing: `charts in Go modules (${go.reason})` };
  const env = {
    ...process.env,
    ...{ GOTOOLCHAIN: "local", GOWORK: "off", GOFLAGS: "-modcacherw" },
    // A Go of ours has no module cache of a user's.
    ...(go.fetched ? { GOROOT: undefined, GOPATH: join(cacheRoot(), "modules") } : {}),
  };
  mkdirSync(folder, { recursive: true });
  for (const { chart, module, folder: inside, sum } of charts) {
    const version = `v${pins.charts[chart]?.version ?? ""}`;
    const answer = await runCommand(go.executable, ["mod", "download", "-json", `${module}@${version}`], {
      cwd: folder,
      env,
      timeoutMs: 300_000,
    });
    if (answer.code !== 0) {
      return { missing: `${module} ${version} (${lastLines(answer.stderr || answer.stdout, 1)})` };
    }
    const { Dir, Sum } = JSON.parse(answer.stdout) as { Dir: string; Sum: string };
    if (Sum !== sum) throw new Error(`${module} ${version} has the hash ${Sum}, pinned is ${sum}`);
    if (!existsSync(join(folder, chart))) symlinkSync(join(Dir, inside), join(folder, chart));
  }
  return charts.map(({ chart }) => chart);
}
