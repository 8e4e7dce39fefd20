import type { StagePolicy } from "./config/stage-policy";

/** What a rule may know besides the resource. */
export interface RuleContext {
  /** Levels, allow-lists and waivers of the stage. */
  readonly policy: StagePolicy;
  readonly stack: string;
  /** The stack's config, keys with namespace, structured values parsed. */
  readonly config: ReadonlyMap<string, unknown>;
  /** For waivers. */
  readonly today: Date;
}
