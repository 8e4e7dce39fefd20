import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format, resolveConfig } from "prettier";
import { projectRoot } from "../../components/project-root";
import { buildObject } from "../../test/bpf/support/objects";
import { BpfRunner } from "../../test/bpf/support/runner";
import { measureGroup } from "./measure";
import { groups, type Group } from "./plan";
import { plot } from "./plot";
import { barsOf, markdown, met, summarise, type GroupReport, type Report } from "./report";

/**
 * `npm run bench:bpf [-- --rounds N --packets N --cpu N --out FOLDER]`: measures every program, writes the table, the
 * figures and the plot to docs/benchmarks. Ends with 1 when a bar is missed.
 */

const root = projectRoot();

async function programs(): Promise<Report["programs"]> {
  const infos = [];
  for (const name of ["xdp_root", "xdp_conntrack", "xdp_lb"]) {
    const runner = await BpfRunner.start([{ path: buildObject(name) }]);
    const { verified, instructions, jited } = await runner.info();
    infos.push({ name, verified, instructions, jited });
    await runner.stop();
  }
  return infos;
}

async function measure(group: Group, rounds: number, packets: number, cpu: number): Promise<GroupReport> {
  const samples = await measureGroup(group, { rounds, packets, cpu });
  const bases = new Map<boolean, readonly number[]>();
  const isSix = (packet: Buffer): boolean => packet.readUInt16BE(12) === 0x86dd;
  for (const [{ program, packet }, values] of samples)
    if (program === "base") bases.set(isSix(packet), values);
  const rows = [...samples].map(([{ name, packet }, values]) =>
    summarise(name, values, bases.get(isSix(packet)) ?? values),
  );
  return { title: group.title, note: group.note, rows };
}

function machine(): Report["machine"] {
  const cpu = /^model name\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? process.arch;
  const compiler = execFileSync(join(root, "bpf", "build.sh"), ["--compiler"], { encoding: "utf8" }).trim();
  const version = release().replace(/^(\d+\.\d+(\.\d+)?).*/, "$1");
  return {
    cpu: `${cpu}, ${availableParallelism()} CPUs`,
    kernel: version,
    compiler,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Writes a file the way the formatter wants it, so that a new run does not fail the lint. */
async function writeFormatted(path: string, text: string): Promise<void> {
  const config = await resolveConfig(join(root, "docs", "benchmarks", "bpf.md"));
  writeFileSync(path, await format(text, { ...config, filepath: path }));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "11" },
      packets: { type: "string", default: "200000" },
      cpu: { type: "string", default: String(availableParallelism() - 1) },
      out: { type: "string", default: join(root, "docs", "benchmarks") },
    },
  });
  const [rounds, packets, cpu] = [values.rounds, values.packets, values.cpu].map(Number) as [
    number,
    number,
    number,
  ];
  const reports: GroupReport[] = [];
  for (const group of groups) {
    console.error(`measuring: ${group.title}`);
    reports.push(await measure(group, rounds, packets, cpu));
  }
  const report: Report = {
    machine: machine(),
    rounds,
    packets,
    programs: await programs(),
    groups: reports,
    bars: barsOf(reports),
  };
  mkdirSync(values.out, { recursive: true });
  await writeFormatted(join(values.out, "bpf.json"), JSON.stringify(report));
  await writeFormatted(join(values.out, "bpf.md"), markdown(report));
  writeFileSync(join(values.out, "bpf.svg"), plot(reports));
  for (const bar of report.bars) {
    console.log(
      `${met(bar) ? "met   " : "MISSED"} ${bar.what}: ${bar.value} ${bar.unit} (at most ${bar.limit})`,
    );
  }
  if (!report.bars.every(met)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
