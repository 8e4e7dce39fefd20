import type { Level } from "../rule";

export const stages = ["lab", "dev", "staging", "canary", "prod"] as const;
export type Stage = (typeof stages)[number];

/** One accepted breach of one rule by named resources, until a date. */
export interface Waiver {
  readonly rule: string;
  /** Name of the resource, or of the Kubernetes object as `namespace/name`. */
  readonly resource: string;
  /** Why it is accepted and what makes it safe meanwhile; at least 20 characters. */
  readonly reason: string;
  /** The last day it holds, as `YYYY-MM-DD`; at most one year ahead. */
  readonly expires: string;
}

/** What a stage allows by name. An entry is an exact name unless it says otherwise. */
export interface AllowLists {
  /** Drivers' machines that may log in as root: every host of the stage when true. */
  readonly rootLogin: boolean;
}

export interface StagePolicy {
  readonly stage: Stage;
  /** Levels that differ from the rule's own. */
  readonly levels: Readonly<Record<string, Level>>;
  readonly allow: AllowLists;
  readonly waivers: readonly Waiver[];
}
