import { median } from "simple-statistics";
import { shares, type Samples } from "./report";

const WIDTH = 640;
const HEIGHT = 300;
const LEFT = 56;
const RIGHT = 120;
const TOP = 20;
const BOTTOM = 50;
/** From one rule to ten thousand. */
const DECADES = 4;

const LINES = [
  {
    name: "iptables DNAT",
    points: [1, 1000, 10_000],
    rows: ["1 rule", "1,000 rules", "10,000 rules"],
    colour: "#d9803c",
  },
  { name: "xdp_lb", points: [1, 1000], rows: ["1 VIP", "1,000 VIPs"], colour: "#2f6fb0" },
];

/** Requests per second, as a share of those without a balancer, by the number of rules or VIPs, as SVG. */
export function plot(samples: readonly Samples[]): string {
  const parts = shares(samples);
  const x = (count: number): number => LEFT + (Math.log10(count) / DECADES) * (WIDTH - LEFT - RIGHT);
  const most = Math.max(1, ...parts);
  const y = (share: number): number => HEIGHT - BOTTOM - (share / most) * (HEIGHT - BOTTOM - TOP);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(share)}" y2="${y(share)}" stroke="#8884"/><text x="${LEFT - 8}" y="${y(share) + 4}" text-anchor="end">${share * 100} %</text>`,
  );
  const ticks = Array.from({ length: DECADES + 1 }, (_, power) => {
    const count = 10 ** power;
    return `<text x="${x(count)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${count.toLocaleString("en")}</text>`;
  });
  const lines = LINES.flatMap(({ name, points, rows, colour }) => {
    const places = points.map((count, at) => {
      const index = samples.findIndex(
        (row) => row.name.startsWith(name) && row.name.endsWith(`, ${rows[at] ?? ""}`),
      );
      return { count, share: parts[index] ?? 0, perSecond: median([...(samples[index]?.perSecond ?? [0])]) };
    });
    const last = places.at(-1) ?? { count: 1, share: 0 };
    return [
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${places.map(({ count, share }) => `${x(count).toFixed(1)},${y(share).toFixed(1)}`).join(" ")}"/>`,
      ...places.map(
        ({ count, share, perSecond }) =>
          `<circle cx="${x(count).toFixed(1)}" cy="${y(share).toFixed(1)}" r="4" fill="${colour}"><title>${name}, ${count}: ${perSecond.toFixed(0)}/s</title></circle>`,
      ),
      `<text x="${(x(last.count) + 10).toFixed(1)}" y="${(y(last.share) + 4).toFixed(1)}" fill="${colour}">${name}</text>`,
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#777">`,
    "<!-- Written by npm run bench:e2e; do not edit. -->",
    `<text x="${LEFT}" y="${HEIGHT - 10}">Requests per second, as a share of those without a balancer, by rules or VIPs</text>`,
    ...grid,
    ...ticks,
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}
