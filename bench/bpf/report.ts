import { max, median, min } from "simple-statistics";
import type { ProgramInfo } from "../../test/bpf/support/runner";

/** The results of a run, as they go to docs/benchmarks/bpf.json. */
export interface Report {
  readonly machine: {
    readonly cpu: string;
    readonly kernel: string;
    readonly compiler: string;
    readonly date: string;
  };
  readonly rounds: number;
  readonly packets: number;
  readonly programs: readonly Omit<ProgramInfo, "maps">[];
  readonly groups: readonly GroupReport[];
  readonly bars: readonly Bar[];
}

export interface GroupReport {
  readonly title: string;
  readonly note: string;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly name: string;
  readonly min: number;
  readonly median: number;
  readonly max: number;
  /** Minimum over the minimum of the base of the same group and family. */
  readonly ratio: number;
}

export interface Bar {
  readonly what: string;
  readonly limit: number;
  readonly value: number;
  /** The figure of Katran where there is one: an earlier measurement with this method on a Skylake Xeon. */
  readonly katran?: number;
  readonly unit: "× base" | "ns" | "± %" | "× IPv4";
}

export function summarise(name: string, samples: readonly number[], base: readonly number[]): Row {
  const values = [...samples];
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    name,
    min: round(min(values)),
    median: round(median(values)),
    max: round(max(values)),
    ratio: Math.round((min(values) / min([...base])) * 100) / 100,
  };
}

export function met({ value, limit }: Bar): boolean {
  return value <= limit;
}

export function find(groups: readonly GroupReport[], title: string, name: string): Row {
  const row = groups.find((group) => group.title.startsWith(title))?.rows.find((one) => one.name === name);
  if (!row) throw new Error(`The benchmark has no row "${name}" under "${title}".`);
  return row;
}

/**
 * How far the cheapest and the dearest row lie from the middle between them, in per cent of it: (max - min) / (max + min).
 * A cost is flat within 15 % when all of its rows lie within 15 % of one value.
 */
function spread(rows: readonly Row[]): number {
  const values = rows.filter(({ name }) => name !== "base").map((row) => row.min);
  const [least, most] = [min(values), max(values)];
  return Math.round(((most - least) / (most + least)) * 1000) / 10;
}

/** The same rows by the stricter reading: the dearest over the cheapest, in per cent above 1. */
function growth(groups: readonly GroupReport[], title: string): number {
  const rows = groups.find((group) => group.title.startsWith(title))?.rows ?? [];
  const values = rows.filter(({ name }) => name !== "base").map((row) => row.min);
  return Math.round((max(values) / min(values) - 1) * 1000) / 10;
}

/** The bars that the project sets itself. */
export function barsOf(groups: readonly GroupReport[]): Bar[] {
  const rowsOf = (title: string): readonly Row[] =>
    groups.find((group) => group.title.startsWith(title))?.rows ?? [];
  const ipip = find(groups, "1,024 flows, 64", "dsr-ipip");
  const ipip6 = find(groups, "1,024 flows, 64", "dsr-ipip, 6 in 6");
  const l2 = find(groups, "1,024 flows, 64", "dsr-l2");
  const chain = rowsOf("The chain");
  const hops = find(groups, "The chain", "7 slots more").min - find(groups, "The chain", "base").min;
  return [
    { what: "dsr-ipip, 1,024 flows", value: ipip.ratio, limit: 5.2, katran: 6.3, unit: "× base" },
    {
      what: "dsr-ipip, 65,536 flows",
      value: find(groups, "65,536", "dsr-ipip").ratio,
      limit: 7.8,
      katran: 9.5,
      unit: "× base",
    },
    {
      what: "dsr-ipip, stateless, 1,024 flows",
      value: find(groups, "1,024 flows, 64", "dsr-ipip, stateless").ratio,
      limit: 4.5,
      katran: 6.4,
      unit: "× base",
    },
    { what: "dsr-l2 below dsr-ipip, 1,024 flows", value: l2.ratio, limit: ipip.ratio, unit: "× base" },
    {
      what: "IPv6 against IPv4, dsr-ipip, 1,024 flows",
      value: Math.round((ipip6.min / ipip.min) * 100) / 100,
      limit: 1.25,
      unit: "× IPv4",
    },
    { what: "from 3 to 4,096 backends", value: spread(rowsOf("Backends")), limit: 15, unit: "± %" },
    { what: "from 1 to 512 VIPs", value: spread(rowsOf("VIPs")), limit: 15, unit: "± %" },
    {
      what: "xdp_conntrack, 1,024 flows",
      value: find(groups, "1,024 flows, 64", "xdp_conntrack").ratio,
      limit: 3,
      unit: "× base",
    },
    {
      what: "a slot of the chain",
      value: chain.length > 0 ? Math.round((hops / 7) * 10) / 10 : NaN,
      limit: 10,
      unit: "ns",
    },
  ];
}

export function markdown(report: Report): string {
  const { machine } = report;
  const lines = [
    "# What the BPF programs cost",
    "",
    "<!-- Written by `npm run bench:bpf`; do not edit. -->",
    "",
    `${machine.cpu}, kernel ${machine.kernel}, ${machine.compiler}, ${machine.date}. Nanoseconds of CPU time for each packet, ` +
      `minimum / median / maximum of ${report.rounds} rounds of ${report.packets.toLocaleString("en")} packets.`,
    "",
    "Before each packet a small program writes its headers anew and undoes what the last one did to the head, then tail-calls " +
      "the program under test; `base` is that and `XDP_TX`. All variants of a table run in turn in every round, on one CPU. The ratio is " +
      "minimum to minimum, which a noisy neighbour disturbs least. How to run it: [docs/bpf.md](../bpf.md#benchmarks).",
    "",
    "![Cost as multiples of the base](bpf.svg)",
    "",
    "## Bars",
    "",
    "| what | value | bar | Katran | |",
    "|---|---|---|---|---|",
    ...report.bars.map(
      (bar) =>
        `| ${bar.what} | ${bar.value} ${bar.unit} | ≤ ${bar.limit} | ${bar.katran ?? ""} | ${met(bar) ? "met" : "**missed**"} |`,
    ),
    "",
    "`± %` is (max - min) / (max + min) of the rows' minima: all of them lie within so many per cent of one value. Read as max / min - 1 " +
      `the same rows differ by ${growth(report.groups, "Backends")} % over the backends and by ${growth(report.groups, "VIPs")} % over the VIPs.`,
    "",
    "Katran's figures were taken earlier, with this method but on an older Xeon (Skylake), and are multiples of that machine's base: " +
      "a yardstick, not a race on equal ground.",
    "",
    "## Programs",
    "",
    "| program | instructions walked by the verifier | instructions | bytes of machine code |",
    "|---|---|---|---|",
    ...report.programs.map(
      ({ name, verified, instructions, jited }) => `| ${name} | ${verified} | ${instructions} | ${jited} |`,
    ),
  ];
  for (const { title, note, rows } of report.groups) {
    lines.push("", `## ${title}`, "");
    if (note !== "") lines.push(note, "");
    lines.push("| program | ns | ratio |", "|---|---|---|");
    for (const row of rows)
      lines.push(`| ${row.name} | ${row.min} / ${row.median} / ${row.max} | ${row.ratio.toFixed(2)} |`);
  }
  return `${lines.join("\n")}\n`;
}
