import { find, type GroupReport } from "./report";

interface Series {
  readonly label: string;
  readonly values: readonly number[];
  readonly colour: string;
}

const WIDTH = 760;
const HEIGHT = 330;
const LEFT = 46;
const BOTTOM = 44;
const TOP = 40;

const COLUMNS = ["1 flow", "1,024 flows", "65,536 flows"];
const GROUPS = ["1 flow, 64", "1,024 flows, 64", "65,536 flows, 64"];
/** Katran, dsr-ipip with its table: an earlier measurement with the same method on a Skylake Xeon. */
const KATRAN = [6.0, 6.3, 9.5];

/** A bar chart of the cost of a table hit as multiples of the base, as SVG. */
export function plot(groups: readonly GroupReport[]): string {
  const ratios = (name: string): number[] => GROUPS.map((title) => find(groups, title, name).ratio);
  const series: Series[] = [
    { label: "dsr-l2", values: ratios("dsr-l2"), colour: "#4c9f70" },
    { label: "dsr-ipip", values: ratios("dsr-ipip"), colour: "#2f6fb0" },
    { label: "dsr-ipip, IPv6", values: ratios("dsr-ipip, 6 in 6"), colour: "#7aa6d8" },
    { label: "stateless", values: ratios("dsr-ipip, stateless"), colour: "#b9a44c" },
    { label: "nat", values: ratios("nat"), colour: "#a05195" },
    { label: "conntrack", values: ratios("xdp_conntrack"), colour: "#888888" },
    { label: "Katran (older Xeon)", values: KATRAN, colour: "#d9803c" },
  ];
  const most = Math.ceil(Math.max(...series.flatMap(({ values }) => values)));
  const y = (value: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP);
  const column = (WIDTH - LEFT) / COLUMNS.length;
  const width = (column * 0.84) / series.length;

  const grid = Array.from({ length: most + 1 }, (_, value) =>
    value % 2 === 0
      ? `<line x1="${LEFT}" x2="${WIDTH}" y1="${y(value)}" y2="${y(value)}" stroke="#8884"/><text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${value}×</text>`
      : "",
  );
  const bars = COLUMNS.flatMap((label, index) => {
    const start = LEFT + index * column + column * 0.08;
    return [
      `<text x="${LEFT + (index + 0.5) * column}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${label}</text>`,
      ...series.map(({ values, colour, label: name }, number) => {
        const value = values[index] ?? 0;
        const x = start + number * width;
        return (
          `<rect x="${x.toFixed(1)}" y="${y(value).toFixed(1)}" width="${(width - 2).toFixed(1)}" height="${(HEIGHT - BOTTOM - y(value)).toFixed(1)}" fill="${colour}"><title>${name}: ${value}×</title></rect>` +
          `<text x="${(x + width / 2 - 1).toFixed(1)}" y="${(y(value) - 4).toFixed(1)}" text-anchor="middle" font-size="10">${value.toFixed(1)}</text>`
        );
      }),
    ];
  });
  const legend = series.map(
    ({ label, colour }, index) =>
      `<rect x="${LEFT + index * 101}" y="10" width="10" height="10" fill="${colour}"/><text x="${LEFT + 14 + index * 101}" y="19" font-size="11">${label}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 30} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#777">`,
    `<!-- Written by npm run bench:bpf; do not edit. -->`,
    `<text x="${LEFT}" y="${HEIGHT - 8}">Cost of a packet, table hit, as multiples of restoring and sending it (base = 1)</text>`,
    ...grid,
    ...bars,
    ...legend,
    "</svg>",
    "",
  ].join("\n");
}
