import * as z from "zod";
import { ProblemList } from "../config/draft";
import { closed, table, text } from "../config/fields";
import { problemLine } from "../config/problem";
import { isReleaseVersion } from "./lock";

/** What the next lock takes from outside this repository, chosen by hand: `releases/pins.json`. */
export interface ReleasePins {
  /** k3s release, for instance `v1.34.9+k3s1`. */
  readonly k3s: string;
  readonly charts: Readonly<Record<string, ChartPin>>;
  /** Image references with their tags. */
  readonly images: readonly string[];
  /** Oldest kernel of a node, `major.minor`. */
  readonly minimumKernel: string;
  /** Versions from which a stack may move to the next one. */
  readonly upgradeFrom: readonly string[];
}

export interface ChartPin {
  readonly version: string;
  readonly repository: string;
  /** SHA-256 of the chart's own values.yaml, when it was read. */
  readonly valuesSha256: string;
}

const anyText = (rule: string) => text(rule, (value) => value !== "");
const pinsSchema: z.ZodType<ReleasePins> = closed({
  k3s: text("write a k3s release like v1.34.9+k3s1", (value) =>
    /^v[0-9]+\.[0-9]+\.[0-9]+\+k3s[0-9]+$/.test(value),
  ),
  charts: table(
    "name a chart",
    (name) => name !== "",
    closed({
      version: anyText("write the chart's version"),
      repository: text("write an https:// or oci:// address", (value) => /^(https|oci):\/\//.test(value)),
      valuesSha256: text("write 64 hex digits", (value) => /^[0-9a-f]{64}$/.test(value)),
    }),
  ),
  images: z.array(
    text(
      "write an image reference with an exact tag",
      (value) => /^[a-z0-9.-]+(\/[a-z0-9._-]+)+:[A-Za-z0-9._-]+$/.test(value) && !value.endsWith(":latest"),
    ),
    { error: "write a list of image references" },
  ),
  minimumKernel: text("write a kernel version like 5.15", (value) => /^[0-9]+\.[0-9]+$/.test(value)),
  upgradeFrom: z.array(text("write a calendar version", isReleaseVersion), {
    error: "write a list of versions",
  }),
});

/** The pins in a text. Throws one error with every fault. */
export function parsePins(pinsText: string): ReleasePins {
  const list = new ProblemList();
  const pins = list.read(pinsSchema, JSON.parse(pinsText), []);
  if (pins) return pins;
  throw new Error(
    `releases/pins.json has faults:\n${list.problems.map((each) => `  - ${problemLine(each)}`).join("\n")}`,
  );
}
