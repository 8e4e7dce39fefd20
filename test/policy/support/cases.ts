import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { UNKNOWN } from "../../../policy/field";
import { type RecordedResource, recordedFacts } from "../../../policy/recorded";
import type { ResourceFacts } from "../../../policy/facts";
import { type ContextChanges, goodStack } from "./good-stack";
import { pathOf, setAt, unsetAt } from "./pointer";

/** One change of one good resource. Places that begin with `/` are inputs; others belong to the record (`options/protect`). */
export interface Case extends ContextChanges {
  /** Name of the good resource. */
  readonly from: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly unset?: readonly string[];
  /** The path of the finding. Default: the first changed place. */
  readonly at?: string;
  /** False where the rule compares resources, or where the changed place cannot be unknown. */
  readonly unknown?: false;
}

export interface RuleCases {
  readonly good?: Readonly<Record<string, Case>>;
  readonly bad?: Readonly<Record<string, Case>>;
  readonly remedy?: Readonly<Record<string, { readonly from: string; readonly secret: readonly string[] }>>;
}

export function casesOf(id: string): RuleCases {
  return parse(readFileSync(join(__dirname, "..", "fixtures", `${id}.yaml`), "utf8")) as RuleCases;
}

/** The good stack with the case's change. */
export function changedStack(change: Case): readonly ResourceFacts[] {
  return recordedFacts(changed(change.from, (record) => apply(record, change)));
}

/** The good stack with every changed input unknown, as in a preview; undefined when the case changes no input. */
export function unknownStack(change: Case): readonly ResourceFacts[] | undefined {
  const places = [...Object.keys(change.set ?? {}), ...(change.unset ?? [])];
  if (change.unknown === false || places.length !== 1 || !places[0]?.startsWith("/")) return undefined;
  const [place] = places;
  return recordedFacts(changed(change.from, (record) => setAt(record, `/props${place}`, UNKNOWN)));
}

/** Where the finding must be. */
export function expectedPath(change: Case): string {
  if (change.at !== undefined) return change.at;
  const place = Object.keys(change.set ?? {})[0] ?? change.unset?.[0] ?? "";
  return pathOf(place);
}

function changed(name: string, change: (record: RecordedResource) => void): readonly RecordedResource[] {
  const resources = goodStack().resources.map((record) => structuredClone(record));
  const record = resources.find((candidate) => candidate.name === name);
  if (record === undefined) throw new Error(`test/policy/good.yaml has no resource "${name}".`);
  change(record);
  return resources;
}

function apply(record: RecordedResource, { set = {}, unset = [] }: Case): void {
  const place = (path: string): string => (path.startsWith("/") ? `/props${path}` : `/${path}`);
  for (const [path, value] of Object.entries(set)) setAt(record, place(path), value);
  for (const path of unset) unsetAt(record, place(path));
}
