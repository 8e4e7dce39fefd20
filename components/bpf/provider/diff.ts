import { isDeepStrictEqual } from "node:util";
import { hasUnknown, type ProgramInputs } from "./inputs";

/** What a dynamic provider's `diff` answers. */
export interface Difference {
  readonly changes: boolean;
  readonly replaces: string[];
  readonly deleteBeforeReplace: boolean;
}

type Bag = Readonly<Record<string, unknown>>;

/** Inputs that decide what runs on the node. The others (connection, window, keepMaps) change no program. */
const APPLIED: readonly (keyof ProgramInputs)[] = [
  "status",
  "loaderSha256",
  "source",
  "build",
  "objectSha256",
  "sources",
  "function",
  "attach",
  "constants",
  "maps",
  "takeover",
];

/** Inputs in which the resource is another one: the old is removed first, because both would claim the same pins. */
const IDENTITY: readonly (keyof ProgramInputs)[] = ["node", "instance", "program"];

const EVERYTHING: readonly (keyof ProgramInputs)[] = [
  ...IDENTITY,
  ...APPLIED,
  "schemaVersion",
  "connection",
  "healthSeconds",
  "keepMaps",
];

/**
 * Desired against recorded; an unknown value counts as changed. The machine's instance is unknown in a preview whenever
 * anything of the machine changes, and is nearly always the same afterwards: it replaces only when it is known to differ.
 */
export function programDifference(olds: Bag, news: Bag): Difference {
  const changed = EVERYTHING.filter((key) => differs(olds[key], news[key]));
  const replaces: string[] = changed.filter((key) => IDENTITY.includes(key) && !hasUnknown(news[key]));
  if (changesMode(olds, news)) replaces.push("attach");
  return { changes: changed.length > 0, replaces, deleteBeforeReplace: true };
}

/** Whether an update has to apply anything on the node, or only speaks to it in another way. */
export function needsApply(olds: Bag, news: Bag): boolean {
  return APPLIED.some((key) => differs(olds[key], news[key]));
}

function differs(old: unknown, wanted: unknown): boolean {
  return hasUnknown(wanted) || !isDeepStrictEqual(old, wanted);
}

/**
 * One interface has one XDP mode and a link cannot change it: the program has to go before it comes back. `auto` is
 * content with what is there, and so is a mode that `auto` had already chosen.
 */
function changesMode(olds: Bag, news: Bag): boolean {
  const old = attachOf(olds);
  const wanted = attachOf(news);
  if (old?.hook !== "xdp" || wanted?.hook !== "xdp" || old.interface !== wanted.interface) return false;
  if (wanted.mode === old.mode || wanted.mode === "auto") return false;
  return wanted.mode !== achievedMode(olds);
}

function attachOf(bag: Bag): Partial<Record<"hook" | "interface" | "mode", unknown>> | undefined {
  const attach = bag.attach;
  return typeof attach === "object" && attach !== null ? attach : undefined;
}

function achievedMode(olds: Bag): unknown {
  const targets = (olds.observed as { targets?: { mode?: unknown }[] } | undefined)?.targets;
  return targets?.[0]?.mode;
}

/** Changes of map contents: the connection alone writes nothing. */
export function mapDifference(olds: Bag, news: Bag): Difference {
  const identity = ["node", "instance", "program"];
  const keys = [...identity, "schemaVersion", "status", "connection", "loaderSha256", "contents"];
  const changed = keys.filter((key) => differs(olds[key], news[key]));
  return {
    changes: changed.length > 0,
    replaces: changed.filter((key) => identity.includes(key) && !hasUnknown(news[key])),
    deleteBeforeReplace: true,
  };
}
