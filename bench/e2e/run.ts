import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format, resolveConfig } from "prettier";
import { projectRoot } from "../../components/project-root";
import { measureThroughput } from "./iperf";
import { plot } from "./plot";
import { markdown, type Report, type Samples } from "./report";
import { BACKEND_PORT, VIP, World } from "./world";

/**
 * `npm run bench:e2e [-- --rounds N --requests N --out FOLDER]`: requests per second and their times through our balancer
 * and through netfilter, and TCP's throughput with each program, in namespaces of this machine. Needs root.
 */

const VARIANTS: readonly (readonly [string, (world: World) => void])[] = [
  ["nothing between", () => undefined],
  ["xdp_lb, nat, 1 VIP", (world) => world.balance("xdp", 1)],
  ["xdp_lb, nat, 1,000 VIPs", (world) => world.balance("xdp", 1000)],
  ["the same at TC, 1 VIP", (world) => world.balance("tc", 1)],
  ["iptables DNAT, 1 rule", (world) => world.iptables(1)],
  ["iptables DNAT, 1,000 rules", (world) => world.iptables(1000)],
  ["iptables DNAT, 10,000 rules", (world) => world.iptables(10_000)],
];

async function measure(world: World, rounds: number, requests: number): Promise<Samples[]> {
  const all = VARIANTS.map(([name]): Samples => ({ name, perSecond: [], p50: [], p99: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const [index, [name, prepare]] of VARIANTS.entries()) {
      console.error(`round ${String(round + 1)}: ${name}`);
      prepare(world);
      const [address, port] = index === 0 ? ["198.18.77.21", BACKEND_PORT] : [VIP, 80];
      await world.network.requests(address, Math.ceil(requests / 10), 16, port);
      const report = await world.network.requests(address, requests, 16, port);
      if (report.lost > 0) throw new Error(`${name}: ${JSON.stringify(report.faults)}`);
      const samples = all[index];
      samples?.perSecond.push(report.answered / report.seconds);
      samples?.p50.push(report.p50);
      samples?.p99.push(report.p99);
      world.clear();
    }
  }
  return all;
}

/** Writes a file the way the formatter wants it, so that a new run does not fail the lint. */
async function writeFormatted(path: string, text: string): Promise<void> {
  const config = await resolveConfig(join(projectRoot(), "docs", "benchmarks", "bpf.md"));
  writeFileSync(path, await format(text, { ...config, filepath: path }));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "7" },
      requests: { type: "string", default: "10000" },
      out: { type: "string", default: join(projectRoot(), "docs", "benchmarks") },
    },
  });
  const [rounds, requests] = [values.rounds, values.requests].map(Number) as [number, number];
  const world = await World.start();
  try {
    const samples = await measure(world, rounds, requests);
    const throughput = await measureThroughput(world, rounds);
    const cpu = /^model name\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? process.arch;
    const report: Report = {
      machine: `${cpu}, ${String(availableParallelism())} CPUs, kernel ${release().replace(/-.*/, "")}`,
      date: new Date().toISOString().slice(0, 10),
      load: Math.round(loadavg()[1] ?? 0),
      rounds,
      requests,
      ipvs: existsSync("/proc/net/ip_vs"),
      samples,
      throughput,
    };
    mkdirSync(values.out, { recursive: true });
    await writeFormatted(join(values.out, "e2e.json"), JSON.stringify(report));
    await writeFormatted(join(values.out, "e2e.md"), markdown(report));
    writeFileSync(join(values.out, "e2e.svg"), plot(samples));
  } finally {
    await world.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
