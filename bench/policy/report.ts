import { max, median, min } from "simple-statistics";

/** Previews of one stack, with and without the pack, pair by pair; milliseconds. */
export interface Measurement {
  readonly resources: number;
  /** Machines beyond those of prod. */
  readonly more: number;
  readonly pairs: readonly { readonly plain: number; readonly pack: number }[];
}

export interface Summary extends Measurement {
  /** Median over the pairs of what the pack adds, in per cent of the preview without it. */
  readonly share: number;
}

const bar = 15;

export function summarise(measurement: Measurement): Summary {
  const shares = measurement.pairs.map(({ plain, pack }) => ((pack - plain) / plain) * 100);
  return { ...measurement, share: median(shares) };
}

/** A machine that does other work too stretches single previews; beyond this the median of the shares says little. */
const calm = 1.5;

/** Whether the previews without the pack took times alike enough to judge by. */
export function isCalm({ pairs }: Measurement): boolean {
  const plain = pairs.map((pair) => pair.plain);
  return max(plain) / min(plain) <= calm;
}

export const met = (summary: Summary): boolean => isCalm(summary) && summary.share < bar;

export function verdict(summary: Summary): string {
  if (!isCalm(summary)) return "not judged: the machine was busy";
  return met(summary) ? "met" : "missed";
}

/** docs/benchmarks/policy.md. */
export function markdown(results: readonly Summary[], machine: string): string {
  const [first] = results;
  return [
    "# What the policy pack costs",
    "",
    "<!-- Written by `npm run bench:policy`; do not edit. -->",
    "",
    `${machine}. Seconds of \`pulumi preview\` of prod's stack before its first update, minimum / median / maximum of ${first?.pairs.length ?? 0} pairs.`,
    "",
    "Each pair is one preview with the pack and one without, directly after each other and in turns which is first, by the engine that `platform` uses. The share is the median over the pairs. The lock of the stack has its open digests filled, because prod runs no other; nothing else differs from Pulumi.prod.yaml.",
    "",
    "| stack | resources | without the pack, s | with the pack, s | added | bar | |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...results.map(row),
    "",
  ].join("\n");
}

function row(summary: Summary): string {
  const { more, resources, pairs, share } = summary;
  const spread = (values: number[]): string =>
    [min(values), median(values), max(values)].map((value) => (value / 1000).toFixed(2)).join(" / ");
  const name = more === 0 ? "prod" : `prod with ${more} machines more`;
  const cells = [
    name,
    resources,
    spread(pairs.map(({ plain }) => plain)),
    spread(pairs.map(({ pack }) => pack)),
    `${share.toFixed(1)} %`,
    `< ${bar} %`,
    verdict(summary),
  ];
  return `| ${cells.join(" | ")} |`;
}
