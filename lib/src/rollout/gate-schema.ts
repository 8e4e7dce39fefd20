import { createHash } from "node:crypto";
import { parse } from "yaml";
import * as z from "zod";
import { ProblemList } from "../config/draft";
import { chooseKey, closed, flag, oneOf, text, whole } from "../config/fields";
import { problemLine } from "../config/problem";
import { deepFreeze } from "../deep-freeze";
import { OPERATORS, type GateFile, type Signal } from "./gate";
import { LAST_PARTS, ROLLOUT_STAGES } from "./plan";
import { templateFault } from "./promql";

const share = (what: string, above: number, most: number) => {
  const rule = `write ${what} as a number above ${above} and at most ${most}`;
  return z.number({ error: rule }).refine((value) => value > above && value <= most, { error: rule });
};
const finite = (what: string) => z.number({ error: `write ${what} as a number` });
const seconds = (least: number, most: number) => whole(least, most, "the seconds");

const query = z.string({ error: "write a PromQL query" }).superRefine((value, context) => {
  const fault = templateFault(value);
  if (fault !== undefined) context.addIssue(fault);
});
const comparison = closed({ op: oneOf(OPERATORS), value: finite("the limit") });
const base = {
  id: text("write a short name of letters, digits and -, a letter first", (value) =>
    /^[A-Za-z][A-Za-z0-9-]{0,31}$/.test(value),
  ),
  title: text("say in a few words what it watches", (value) => value.trim() !== ""),
  critical: flag().default(true),
  noData: oneOf(["NODATA", "INCONCLUSIVE", "FAIL"]).default("NODATA"),
};
const KINDS = ["heartbeat", "errors", "threshold", "comparison"] as const;
const signal: z.ZodType<Signal> = z.discriminatedUnion(
  "kind",
  [
    closed({ kind: z.literal("heartbeat"), ...base, query, expect: comparison }),
    closed({ kind: z.literal("errors"), ...base, errors: query, requests: query }),
    closed({
      kind: z.literal("threshold"),
      ...base,
      query,
      expect: comparison,
      breach: oneOf(["FAIL", "INCONCLUSIVE"]).default("FAIL"),
    }),
    closed({
      kind: z.literal("comparison"),
      ...base,
      candidate: query,
      control: query,
      worse: oneOf(["higher", "lower"]),
      ratio: share("the ratio", 0, 10),
      confidence: share("the confidence", 0.5, 0.9999).default(0.98),
      minimumSample: whole(20, 1000, "the values of an arm").default(20),
      absolute: finite("the limit without a control"),
    }),
  ],
  { error: ({ input }) => chooseKey(input, "kind", KINDS, "write an object with the key kind") },
);
const time = closed({
  scrapeSeconds: seconds(1, 300),
  windowSeconds: seconds(4, 86_400),
  valueSeconds: seconds(1, 3600),
  warmupWindows: whole(2, 100, "the windows of the warm-up").default(2),
  windows: whole(3, 1000, "the least windows").default(3),
  holdSeconds: seconds(1, 604_800),
  soakSeconds: seconds(0, 2_592_000),
});
const dose = closed({
  dose: whole(1, 100, "the dose in percent"),
  enable: z.exactOptional(z.array(oneOf(LAST_PARTS), { error: `write a list of ${LAST_PARTS.join(", ")}` })),
});
const gateSchema: z.ZodType<GateFile> = closed({
  schema: z.literal(1, { error: "write 1; a newer schema needs a newer program" }),
  stage: oneOf(ROLLOUT_STAGES),
  time,
  errors: closed({
    limit: share("the largest share of errors", 0, 1),
    minimumSample: whole(1, 1_000_000_000, "the requests of a window"),
    passSample: whole(1, 1_000_000_000, "the requests of a step"),
  }),
  steps: z.array(dose, { error: "write a list of doses" }).min(1, { error: "write one dose at least" }),
  signals: z
    .array(signal, { error: "write a list of signals" })
    .min(1, { error: "write one signal at least" }),
});

/**
 * The gate in a file, frozen, with its defaults. Throws one error with every fault of shape and of one part with another.
 * @param file how the file is called in errors
 */
export function parseGateFile(content: string, file: string): GateFile {
  let raw: unknown;
  try {
    raw = parse(content);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new Error(`The gate file ${file} is no YAML: ${reason}`, { cause: error });
  }
  const list = new ProblemList();
  const gate = list.read(gateSchema, raw, []);
  if (gate) crossCheck(gate, list);
  if (gate && list.problems.length === 0) return deepFreeze(gate);
  throw new Error(
    `The gate file ${file} cannot be used:\n${list.problems.map((each) => `  - ${problemLine(each)}`).join("\n")}`,
  );
}

function crossCheck({ time, errors, steps, signals }: GateFile, list: ProblemList): void {
  if (time.windowSeconds < 4 * time.scrapeSeconds) {
    list.report(
      ["time", "windowSeconds"],
      time.windowSeconds,
      `write ${4 * time.scrapeSeconds} or more: four scrapes`,
    );
  }
  if (time.valueSeconds < 2 * time.scrapeSeconds) {
    list.report(
      ["time", "valueSeconds"],
      time.valueSeconds,
      `write ${2 * time.scrapeSeconds} or more: two scrapes`,
    );
  }
  if (time.holdSeconds < time.windows * time.windowSeconds) {
    const least = time.windows * time.windowSeconds;
    list.report(
      ["time", "holdSeconds"],
      time.holdSeconds,
      `write ${least} or more: the least number of windows`,
    );
  }
  if (errors.passSample < errors.minimumSample) {
    list.report(
      ["errors", "passSample"],
      errors.passSample,
      `write ${errors.minimumSample} or more: one window`,
    );
  }
  signals.forEach((each, index) => {
    checkSignal(each, index, signals, list);
  });
  if (!signals.some(({ kind }) => kind === "heartbeat")) {
    list.report(["signals"], signals, "add one of kind heartbeat: silence looks like health otherwise");
  }
  if (!signals.some(({ kind, critical }) => kind === "errors" && critical)) {
    list.report(["signals"], signals, "add a critical one of kind errors: requests must have been seen");
  }
  steps.forEach(({ dose: percent, enable = [] }, index) => {
    const before = steps[index - 1]?.dose ?? 0;
    if (percent < before)
      list.report(["steps", index, "dose"], percent, `write ${before} or more: doses grow`);
    if (enable.length > 0 && percent !== 100) {
      list.report(["steps", index, "dose"], percent, `write 100: ${enable.join(" and ")} come last`);
    }
  });
}

function checkSignal(signal: Signal, index: number, all: readonly Signal[], list: ProblemList): void {
  const at = ["signals", index];
  if (all.findIndex(({ id }) => id === signal.id) !== index) {
    list.report([...at, "id"], signal.id, "choose another name; an earlier signal has this one");
  }
  if (signal.kind === "heartbeat" && !signal.critical) {
    list.report([...at, "critical"], false, "write true: without a heartbeat nothing is known");
  }
  if (signal.kind !== "comparison") return;
  const { worse, ratio } = signal;
  if (worse === "higher" ? ratio <= 1 : ratio >= 1) {
    const fix =
      worse === "higher" ? "write more than 1: higher is worse" : "write less than 1: lower is worse";
    list.report([...at, "ratio"], ratio, fix);
  }
}

/**
 * Identity of a release's gate files: the SHA-256 of one line `<sha256>  gates/<file>` each, sorted by path, as
 * `sha256sum gates/*.yaml | sha256sum` gives it.
 */
export function gatesDigest(files: ReadonlyMap<string, string | Buffer>): string {
  const lines = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, content]) => `${gateDigest(content)}  ${path}\n`);
  return gateDigest(lines.join(""));
}

/** SHA-256 of one gate file's bytes. */
export function gateDigest(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
