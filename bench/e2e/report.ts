import { max, median, min } from "simple-statistics";
import type { Throughput } from "./iperf";

/** One number for each round; times in microseconds. */
export interface Samples {
  readonly name: string;
  readonly perSecond: number[];
  readonly p50: number[];
  readonly p99: number[];
}

/** The results of a run, as they go to docs/benchmarks/e2e.json. */
export interface Report {
  readonly machine: string;
  readonly date: string;
  /** Processes that waited for a CPU, over the last five minutes. */
  readonly load: number;
  readonly rounds: number;
  readonly requests: number;
  readonly ipvs: boolean;
  readonly samples: readonly Samples[];
  /** Empty where iperf3 is not installed. */
  readonly throughput: readonly Throughput[];
}

/** Requests per second as a share of the first variant's of the same round: the median over the rounds. */
export function shares(samples: readonly Samples[]): number[] {
  const [first] = samples;
  return samples.map(({ perSecond }) =>
    median(perSecond.map((value, round) => value / (first?.perSecond[round] ?? NaN))),
  );
}

function three(values: readonly number[], digits = 0): string {
  const list = [...values];
  return [min(list), median(list), max(list)].map((value) => value.toFixed(digits)).join(" / ");
}

export function markdown(report: Report): string {
  const parts = shares(report.samples);
  const first = report.throughput[0]?.gigabits ?? [];
  return [
    "# What the balancer costs a request",
    "",
    "<!-- Written by `npm run bench:e2e`; do not edit. -->",
    "",
    `${report.machine}, ${report.date}; ${String(report.load)} processes waited for a CPU meanwhile. ${String(report.rounds)} rounds of ` +
      `${report.requests.toLocaleString("en")} requests each, minimum / median / maximum of the rounds.`,
    "",
    "Client, balancing node and two HTTP servers are network namespaces on one bridge (`test/bpf/loader/lb-network.sh`). Every request is a " +
      "TCP connection of its own, 16 at a time; the node translates its destination to one of the servers, and the answer's source back. Variants " +
      "run in turn within every round; the share is the median of each round's requests per second over those of that round without a balancer, so " +
      "that a busy machine disturbs both alike.",
    "",
    "![Requests per second by the number of rules or VIPs](e2e.svg)",
    "",
    "| between client and servers | requests/s | share | p50, µs | p99, µs |",
    "|---|---|---|---|---|",
    ...report.samples.map(
      ({ name, perSecond, p50, p99 }, index) =>
        `| ${name} | ${three(perSecond)} | ${(parts[index] ?? NaN).toFixed(2)} | ${three(p50)} | ${three(p99)} |`,
    ),
    "",
    "A rule of iptables is compared with the first packet of every connection, so its cost grows with the rules before it; the VIP is found by a hash. " +
      (report.ipvs ? "" : "IPVS is not in the table: this kernel was built without it (CONFIG_IP_VS)."),
    "",
    "## Throughput",
    "",
    ...(report.throughput.length === 0
      ? ["Not measured: iperf3 was not installed."]
      : [
          "iperf3, one TCP connection for a second from the client to the balancing node's own address, with one program on the receiving " +
            "interface. Segmentation offload is off in all rows, as it is wherever XDP rewrites packets.",
          "",
          "| program | Gbit/s | share |",
          "|---|---|---|",
          ...report.throughput.map(
            ({ name, gigabits }) =>
              `| ${name} | ${three(gigabits, 2)} | ${median(gigabits.map((value, round) => value / (first[round] ?? NaN))).toFixed(2)} |`,
          ),
        ]),
    "",
  ].join("\n");
}
